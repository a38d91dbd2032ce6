import ByteIO
import TargetRules
import WireFormats

/// Rule files and how they decode.
enum RuleText {
  /// A target with some operators and other parts.
  static func target(
    list: String = #"{ names: ["CONV_2D"] }"#,
    format: String = "tflite",
    complete: Bool = true,
    everywhere: String? = nil,
    partition: String? = nil,
    extra: String = ""
  ) -> String {
    """
    {
      schema: "analyze.target/1", name: "npu", title: "An NPU", version: "1", runtime: "npu-rt",
      formats: ["\(format)"], complete: \(complete),
      sources: { manual: { project: "p", file: "f", version: "v", date: "2025-01-31" } },
      operators: {
        format: "\(format)", source: "manual",
        \(everywhere.map { "everywhere: [\($0)]," } ?? "")
        list: [\(list)],
      },
      \(partition.map { "partition: { \($0), source: \"manual\" }," } ?? "")
      \(extra)
    }
    """
  }

  /// The target that a text describes.
  static func decode(_ text: String) throws -> DeploymentTarget {
    let bytes = ByteSource(Array(text.utf8)).bytes
    return try TargetLibrary.decode(bytes, path: "npu.json5", knownNames: Vocabulary.knownNames)
  }

  /// What is wrong with a text, as `LINE:COLUMN: message; hint`; `nil` where nothing is.
  static func error(_ text: String) -> String? {
    let bytes = ByteSource(Array(text.utf8)).bytes
    do {
      _ = try TargetLibrary.decode(bytes, path: "f", knownNames: Vocabulary.knownNames)
      return nil
    } catch .invalid(let error, _) {
      return "\(error.line):\(error.column): \(error.message)"
        + (error.hint.map { "; " + $0 } ?? "")
    } catch {
      return "\(error)"
    }
  }
}
