import ByteIO
import FormatKeras
import Foundation
import ModelIR
import Testing
import WireFormats

/// Files that lie: each gives one clean error (design/RELIABILITY.md, A.3, Keras).
@Suite struct BadFileTests {
  /// A named bad file and what its error must say.
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: [UInt8]
    var code: ErrorCode
    var message: String

    var testDescription: String { name }
  }

  private static func keras(
    _ name: String,
    _ config: String,
    _ code: ErrorCode,
    _ message: String
  ) -> Case {
    Case(name: name, bytes: Archive.keras(config), code: code, message: message)
  }

  private static let dense = Archive.layer("Identity", "d", inbound: Archive.call("x"))

  static let configurations: [Case] = [
    keras(
      "deep JSON",
      String(repeating: "[", count: 100_000),
      .limitExceeded,
      "config.json"
    ),
    keras("no JSON", "\u{0}\u{1}", .modelInvalid, "config.json"),
    keras(
      "a key that stands twice",
      #"{"class_name": "A", "class_name": "B"}"#,
      .modelInvalid,
      "twice"
    ),
    keras(
      "a layer without a class",
      Archive.sequential(["{}"]),
      .modelInvalid,
      "without class_name"
    ),
    keras(
      "two layers of one name",
      Archive.functional([Archive.input, dense, dense], inputs: ["x"], outputs: ["d"]),
      .modelInvalid,
      "two layers are named \"d\""
    ),
    keras(
      "a cycle in inbound_nodes",
      Archive.functional(
        [
          Archive.input, Archive.layer("Add", "a", inbound: Archive.call("x", "b")),
          Archive.layer("Identity", "b", inbound: Archive.call("a")),
        ],
        inputs: ["x"],
        outputs: ["b"]
      ),
      .modelInvalid,
      "cycle"
    ),
    keras(
      "a call with the result of nothing",
      Archive.functional(
        [Archive.input, Archive.layer("Identity", "d", inbound: Archive.call("nobody"))],
        inputs: ["x"],
        outputs: ["d"]
      ),
      .modelInvalid,
      "waits for a result that nothing gives"
    ),
    keras(
      "an output that nothing computes",
      Archive.functional([Archive.input, dense], inputs: ["x"], outputs: ["nobody"]),
      .modelInvalid,
      "nothing computes output"
    ),
    keras(
      "an input layer that is not there",
      Archive.functional([Archive.input, dense], inputs: ["y"], outputs: ["d"]),
      .modelInvalid,
      "\"y\" is not there"
    ),
    keras(
      "a negative extent",
      Archive.sequential([
        Archive.layer("InputLayer", "x", #""batch_shape": [null, -4]"#), dense,
      ]),
      .modelInvalid,
      "as an extent"
    ),
    keras(
      "an extent that is no number",
      Archive.sequential([
        Archive.layer("InputLayer", "x", #""batch_shape": [null, 1e300]"#), dense,
      ]),
      .modelInvalid,
      "as an extent"
    ),
    keras(
      "strides that are no numbers",
      Archive.sequential([
        Archive.input, Archive.layer("MaxPooling2D", "p", #""pool_size": [2, 2], "strides": "a""#),
      ]),
      .modelInvalid,
      "strides is no list"
    ),
    keras(
      "a kernel of nothing",
      Archive.sequential([
        Archive.input,
        Archive.layer("Conv2DTranspose", "p", #""kernel_size": [0, 2], "use_bias": false"#),
      ]),
      .modelInvalid,
      "kernel_size has a 0"
    ),
    Case(
      name: "models that unfold without end",
      bytes: Archive.keras(doubling(levels: 24)),
      code: .limitExceeded,
      message: "unfold"
    ),
    Case(
      name: "models nested too deeply",
      bytes: Archive.keras(
        (0..<60).reduce(Archive.sequential([Archive.input])) { inner, level in
          Archive.sequential([inner], name: "m\(level)")
        }
      ),
      code: .limitExceeded,
      message: "config.json"
    ),
  ]

  /// A model that calls a model twice, which calls a model twice, and so on: 2ⁿ calls.
  private static func doubling(levels: Int) -> String {
    var inner = Archive.layer(
      "Identity",
      "f",
      inbound: Archive.call("x") + ", " + Archive.call("f")
    )
    for level in 0..<levels {
      let isOutermost = level == levels - 1
      // Call 0 of a model is the one that made it.
      let calls = Archive.call("x") + ", " + Archive.call("f", index: 1)
      inner = Archive.functional(
        [Archive.input, inner],
        inputs: ["x"],
        outputs: [],
        name: "f",
        inbound: isOutermost ? nil : calls
      ).replacing(
        #""output_layers": []"#,
        with: #""output_layers": [["f", \#(level == 0 ? 1 : 2), 0]]"#
      )
    }
    return inner
  }

  @Test(arguments: configurations)
  func `a bad configuration gives a clean error`(_ test: Case) throws {
    let error = try #require(Archive.error(test.bytes))
    #expect(error.code == test.code, "\(error.explanation)")
    #expect(error.explanation.contains(test.message), "\(error.explanation)")
  }

  // MARK: - Containers

  private static let config = Archive.sequential([
    Archive.input, Archive.layer("Identity", "same"),
  ])

  @Test func `members of one name are refused`() throws {
    var writer = ZIPWriter()
    _ = writer.append("config.json", Array(Self.config.utf8))
    _ = writer.append("config.json", Array("{}".utf8))
    let error = try #require(Archive.error(writer.finish()))
    #expect(error.code == .modelInvalid)
    #expect(error.message.contains("two members named"))
  }

  @Test func `members that overlap are refused`() throws {
    var writer = ZIPWriter()
    _ = writer.append("config.json", Array(Self.config.utf8))
    _ = writer.append("metadata.json", Array("{}".utf8))
    var bytes = writer.finish()
    // The offset of the second member stands before its name in the directory.
    let name = Array("metadata.json".utf8)
    let place = try #require(
      (0..<(bytes.count - name.count)).last { bytes[$0..<($0 + name.count)].elementsEqual(name) }
    )
    bytes.replaceSubrange((place - 4)..<place, with: [0, 0, 0, 0])
    let error = try #require(Archive.error(bytes))
    #expect(error.code == .modelInvalid)
    #expect(error.message.contains("overlap"))
  }

  @Test func `a member that claims more than deflate can give is refused`() throws {
    var bytes = Archive.keras(Self.config)
    // Method 8 and a size of 2 GiB in the directory's entry of config.json.
    let name = Array("config.json".utf8)
    let place = try #require(
      (0..<(bytes.count - name.count)).last { bytes[$0..<($0 + name.count)].elementsEqual(name) }
    )
    let entry = place - 46
    bytes[entry + 10] = 8
    bytes.replaceSubrange((entry + 24)..<(entry + 28), with: [0, 0, 0, 0x0F])
    let error = try #require(Archive.error(bytes))
    #expect(error.code == .modelInvalid, "\(error.explanation)")
    #expect(error.message.contains("can decompress to"), "\(error.explanation)")
  }

  @Test func `members are found by exact name, so that no path leads out`() throws {
    var writer = ZIPWriter()
    _ = writer.append("../config.json", Array(Self.config.utf8))
    let error = try #require(Archive.error(writer.finish()))
    #expect(error.code == .modelUnsupported)
    #expect(error.message.contains("no config.json"))
  }

  @Test(arguments: [
    ("external_storage", "external storage"), ("external_link", "external link"),
    ("virtual", "virtual"), ("filter", "filter"), ("shape_bomb", ""), ("soft_cycle", ""),
  ])
  func `weights outside the file are refused by name`(_ name: String, _ message: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../WireFormatsTests/Fixtures/HDF5/bad")
    let bytes = try ByteSource.mapping(path: folder.appendingPathComponent(name + ".h5").path).bytes
    if let model = try? KerasFormat.load(bytes, path: name) {
      // What is not refused at once has at least no values in memory.
      for value in model.main.values where value.isConstant {
        #expect((value.constant?.bytes?.count ?? 0) <= bytes.count)
      }
      #expect(name == "filter" || name == "shape_bomb" || name == "soft_cycle")
      return
    }
    let error = try #require(Archive.error(bytes.array))
    #expect(error.code == .modelUnsupported || error.code == .modelInvalid)
    #expect(error.explanation.contains(message), "\(error.explanation)")
  }

  @Test func `a shape bomb in a weight is refused`() throws {
    let bytes = try KerasFixtures.model("dense_softmax_h5").array
    // The kernel's extents, 4 × 3, become 50 million each.
    func extents(_ a: UInt64, _ b: UInt64) -> [UInt8] {
      withUnsafeBytes(of: a.littleEndian) { Array($0) }
        + withUnsafeBytes(of: b.littleEndian) { Array($0) }
    }
    let bad = Archive.patched(bytes, extents(4, 3), extents(50_000_000, 50_000_000))
    #expect(bad != bytes)
    let error = try #require(Archive.error(bad))
    #expect([.modelInvalid, .modelTruncated, .limitExceeded].contains(error.code))
  }

  @Test func `a weight's name is no path`() throws {
    let bytes = try KerasFixtures.model("dense_softmax_h5").array
    let text = String(decoding: bytes, as: UTF8.self)
    let match = try #require(text.firstMatch(of: /dense_\d+\/kernel/))
    let old = String(match.output)
    let new = String(
      ("../../../etc/passwd" + String(repeating: "x", count: 64)).prefix(old.utf8.count)
    )
    let error = try #require(
      Archive.error(Archive.patched(bytes, Array(old.utf8), Array(new.utf8)))
    )
    #expect(error.code == .modelInvalid)
    #expect(error.message.contains("weight_names has \"../../"), "\(error.explanation)")
  }
}
