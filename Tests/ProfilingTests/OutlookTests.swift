import Foundation
import ModelIR
import TestSupport
import Testing

@testable import Profiling

/// Expected sizes: files that TensorFlow's converter wrote from the same model.
@Suite struct OutlookTests {
  struct Pair: CustomTestStringConvertible, Sendable {
    var from: String
    var mode: OutlookEntry.Mode
    var to: String
    var testDescription: String { "\(to) from \(from)" }
  }

  private static let trained: [Pair] = ["mnist_cnn", "cifar_dscnn"].flatMap { name in
    let folder = "trained/\(name)/\(name)_"
    return [
      (.float16, "fp16"), (.dynamicRange, "dynamic"), (.fullInteger, "int8"),
      (.int16Activations, "int16x8"),
    ].map { Pair(from: folder + "f32.tflite", mode: $0, to: folder + $1 + ".tflite") }
  }

  private static let tiny = ["ic_resnet8", "kws_dscnn", "vww_mobilenet_96", "ad_autoencoder"].map {
    Pair(
      from: "mlperf_tiny/\($0)_f32.tflite",
      mode: .fullInteger,
      to: "mlperf_tiny/\($0)_int8.tflite"
    )
  }

  private static let examples: [Pair] = ["digits_cnn", "digits_dscnn"].flatMap { name in
    [(.float16, "_fp16"), (.dynamicRange, "_dynamic"), (.fullInteger, "_int8")].map {
      Pair(from: "digits/\(name).tflite", mode: $0, to: "digits/\(name)\($1).tflite")
    }
  }

  static let pairs = examples + (SharedModels.directory == nil ? [] : trained + tiny)

  private func entries(_ name: String) throws -> [OutlookEntry] {
    let model = try loadModel(path: Oracle.path(name))
    return Profiler(model, dimensions: try OpenDimensions(model.main)).profile(.init()).outlook
  }

  private func entry(_ pair: Pair) throws -> OutlookEntry {
    try #require(try entries(pair.from).first { $0.mode == pair.mode })
  }

  @Test(arguments: pairs)
  func `a file's size is within one percent of the converter's`(pair: Pair) throws {
    let predicted = try #require(try entry(pair).fileBytes)
    let written = try ByteSizes.of(Oracle.path(pair.to))
    #expect(abs(predicted - written) * 100 <= written, "\(predicted) against \(written)")
  }

  /// The converter puts a float operator at each end of files with 16-bit activations; they are not in
  /// the outlook's arena.
  @Test(arguments: pairs.filter { $0.mode != .int16Activations })
  func `the arena is the one that LiteRT plans for the converted file`(pair: Pair) throws {
    let measured = try #require(ArenaOracle.entries[pair.to]?.lite.arenaBytes)
    #expect(try entry(pair).arenaBytes == measured)
  }

  @Test(arguments: ["digits/digits_cnn_int8.tflite"])
  func `a model that is converted already says so`(name: String) throws {
    let entries = try entries(name)
    for mode in [OutlookEntry.Mode.float16, .dynamicRange, .fullInteger, .int16Activations] {
      let entry = try #require(entries.first { $0.mode == mode })
      #expect(entry.fileBytes == nil)
      #expect(entry.note.contains("already"))
    }
  }

  @Test func `pruned weights keep the file and shrink under gzip`() throws {
    let entries = try entries("digits/digits_cnn.tflite")
    let original = try #require(entries.first { $0.mode == .original })
    let pruned = try #require(entries.first { $0.mode == .pruned })
    #expect(pruned.fileBytes == original.fileBytes)
    let before = try #require(original.gzipBytes)
    let after = try #require(pruned.gzipBytes)
    #expect(after * 10 < before * 8)
    // The command of that name compresses the file as one stream, the outlook weights and structure
    // apart.
    #expect(abs(before - (try Self.gzipped("digits/digits_cnn.tflite"))) * 20 < before)
  }

  private static func gzipped(_ name: String) throws -> Int {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-6", "-c", Oracle.path(name)]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let count = pipe.fileHandleForReading.readDataToEndOfFile().count
    process.waitUntilExit()
    return count
  }

  /// IEEE 754 binary16, values from the standard's tables and ties by hand.
  @Test(arguments: [
    (Float(0), UInt16(0)), (1, 0x3C00), (-2, 0xC000), (65_504, 0x7BFF), (65_520, 0x7C00),
    (5.960_464_5e-8, 0x0001), (6.103_515_6e-5, 0x0400), (0.333_251_95, 0x3555),
    (1.000_488_3, 0x3C00), (1.001_464_8, 0x3C02), (.infinity, 0x7C00),
  ])
  func `floats are narrowed to the nearest`(value: Float, bits: UInt16) {
    #expect(Float16Bits.bits(value) == bits)
  }
}

/// Sizes of files.
enum ByteSizes {
  static func of(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.size] as? NSNumber)?.intValue ?? -1
  }
}
