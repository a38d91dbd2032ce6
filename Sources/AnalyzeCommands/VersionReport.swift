import Differences
import Gate
import Kernels
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `analyze --version --json`: what a report of a defect should say of the program and the machine.
enum VersionReport {
  static var value: JSONValue {
    [
      "schema": "analyze.version/1",
      "tool": [
        "name": .string(AnalyzeTool.identity.name),
        "version": .string(AnalyzeTool.identity.version),
      ],
      "platform": [
        "system": .string(system), "architecture": .string(architecture),
        "kernels": .string("\(InstructionSet.active)"), "processors": .int(processors),
        "optimized": .bool(isOptimized),
      ],
      "reads": .array(
        [
          ReportSnapshot.reportSchema, ReportSnapshot.baselineSchema, Policy.schema,
          "analyze.sensitivity/1", "analyze.plan/1", "analyze.target/1",
        ].map(JSONValue.string)
      ),
    ]
  }

  private static var system: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "unknown" }
    func text<Tuple>(_ field: Tuple) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return text(names.sysname) + " " + text(names.release)
  }

  private static var architecture: String {
    #if arch(x86_64)
    "x86_64"
    #elseif arch(arm64)
    "arm64"
    #else
    "another"
    #endif
  }

  private static var processors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  /// Numerics of a debug build are a hundred times slower: a common reason for reports.
  private static var isOptimized: Bool {
    #if DEBUG
    false
    #else
    true
    #endif
  }
}
