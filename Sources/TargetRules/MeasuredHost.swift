import ModelIR

/// What was measured of the machine that the tool runs on, as a target.
package struct MeasuredHost: Sendable, Equatable {
  /// Multiply-adds a second by type, in the order in which they are written.
  package var rates: [(type: ElementType, multiplyAddsPerSecond: Double)]
  package var bytesPerSecond: Double?
  package var nanosecondsPerOperator: Double?
  /// The threads that computed.
  package var threads: Int
  /// How it was measured: lower case, no full stop.
  package var method: String

  package init(
    rates: [(type: ElementType, multiplyAddsPerSecond: Double)],
    bytesPerSecond: Double?,
    nanosecondsPerOperator: Double? = nil,
    threads: Int,
    method: String
  ) {
    self.rates = rates
    self.bytesPerSecond = bytesPerSecond
    self.nanosecondsPerOperator = nanosecondsPerOperator
    self.threads = threads
    self.method = method
  }

  package static func == (left: MeasuredHost, right: MeasuredHost) -> Bool {
    left.rates.elementsEqual(right.rates, by: ==) && left.bytesPerSecond == right.bytesPerSecond
      && left.nanosecondsPerOperator == right.nanosecondsPerOperator
      && left.threads == right.threads && left.method == right.method
  }

  /// The name of the target whose figures are measured.
  package static let targetName = "host"

  /// A target with the measured figures in place of what its file leaves open.
  package func filling(_ target: DeploymentTarget) -> DeploymentTarget {
    var target = target
    let source = target.memory?.source ?? target.sources.first?.key ?? ""
    target.arithmetic = ArithmeticRule(
      clockHertz: nil,
      cores: threads,
      rates: rates.map {
        .init(type: $0.type, multiplyAddsPerSecond: $0.multiplyAddsPerSecond, source: source)
      },
      source: source
    )
    target.bandwidth = bytesPerSecond.map {
      BandwidthRule(bytesPerSecond: Int($0), byType: [], source: source)
    }
    return target
  }

  /// A rule file for the machine, borrowing operators and formats as the built-in `host` does.
  ///
  /// - Parameters:
  ///   - tool: The tool's version.
  ///   - date: The day of the measurement, `YYYY-MM-DD`.
  /// - Returns: JSON5 that `RuleDecoder` reads.
  package func ruleFile(tool: String, date: String) -> String {
    var lines = [
      "// Written by `analyze targets host --calibrate`: rates of this machine, fitted to measured operators.",
      "{",
      "  schema: \"analyze.target/1\",",
      "  name: \"\(Self.targetName)\",",
      "  title: \"This machine, \(threads) thread\(threads == 1 ? "" : "s")\",",
      "  version: \"measured \(date)\",",
      "  runtime: \"analyze's own kernels\",",
      "  formats: [\"tflite\", \"onnx\"],",
      "  complete: true,",
      "  sources: {",
      "    measured: {",
      "      project: \"analyze\",",
      "      file: \(quoted(method)),",
      "      version: \(quoted(tool)), date: \"\(date)\",",
      "    },",
      "  },",
      "  operatorsOf: { tflite: \"tflite-builtin\", onnx: \"onnxruntime-cpu\" },",
      "  memory: { source: \"measured\", arenaPlanner: \"generic\" },",
      "  arithmetic: {",
      "    source: \"measured\", basis: \"fitted\", cores: \(threads),",
      "    rates: {",
    ]
    lines += rates.map {
      "      \($0.type.rawValue): { perSecond: \"\(Self.whole($0.multiplyAddsPerSecond / 1_000)) k\" },"
    }
    lines += ["    },", "  },"]
    if let bytesPerSecond {
      lines.append(
        "  bandwidth: { source: \"measured\", all: \"\(Self.whole(bytesPerSecond)) B/s\" },"
      )
    }
    if let nanosecondsPerOperator {
      lines.append(
        "  overhead: { source: \"measured\", perOperator: \"\(Self.whole(nanosecondsPerOperator)) ns\" },"
      )
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  /// A figure as a whole number, at least 1.
  private static func whole(_ value: Double) -> String {
    String(Int(min(max(value.rounded(), 1), 1e18)))
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
