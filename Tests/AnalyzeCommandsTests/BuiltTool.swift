import Foundation
import Testing

/// The `analyze` that was built with these tests, run as a user would.
enum BuiltTool {
  /// What a run left behind.
  struct Outcome {
    var status: Int32
    var output: [UInt8]
    var errors: String

    /// Standard output as text.
    var text: String { String(decoding: output, as: UTF8.self) }

    /// Standard error line by line.
    var errorLines: [Substring] { errors.split(separator: "\n") }

    /// Standard output as JSON.
    func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output)) }

    /// Standard output as a JSON object.
    func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }
  }

  /// The program: it stands beside the running tests.
  static let path: String = {
    let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    let candidates = [running, CommandLine.arguments.first].compactMap { $0 }
    for candidate in candidates {
      var folder = URL(fileURLWithPath: candidate).deletingLastPathComponent()
      for _ in 0..<4 {
        let program = folder.appendingPathComponent("analyze").path
        if FileManager.default.isExecutableFile(atPath: program),
          (try? FileManager.default.contentsOfDirectory(atPath: program)) == nil
        {
          return program
        }
        folder.deleteLastPathComponent()
      }
    }
    return "analyze"
  }()

  /// The root of the package, from which the paths of the examples count.
  static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - directory: The working directory; the root of the package where none is given.
  ///   - environment: Variables that are set beside `PATH`.
  ///   - shell: The command; `"$0" "$@"` are the program and its arguments.
  /// - Returns: How it ended; a signal is 128 and its number, as shells count, and a program that
  ///   hangs is stopped with 124.
  /// - Throws: Where the program cannot be started.
  static func run(
    _ arguments: [String],
    in directory: String = packageRoot,
    environment: [String: String] = [:],
    shell: String = #""$0" "$@""#
  ) throws -> Outcome {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID())")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    // Files instead of pipes: nobody has to read while the program runs.
    let output = scratch.appendingPathComponent("output")
    let errors = scratch.appendingPathComponent("errors")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    process.arguments = ["-c", shell, path] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: Array(try Data(contentsOf: output)),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self)
    )
  }
}

/// Models of the example, by paths from the root of the package.
enum Example {
  static let tflite = "Examples/digits/digits_cnn.tflite"
  static let onnx = "Examples/digits/digits_cnn.onnx"
  static let integer = "Examples/digits/digits_cnn_int8.tflite"

  /// The bytes of a model.
  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: BuiltTool.packageRoot + "/" + path)))
  }
}
