import ArgumentParser
import Sensitivity

/// `--metric kl`, `--metric relative-mse`, `--metric command:CMD`.
enum MetricOption: ExpressibleByArgument, Equatable {
  /// The unit of divergence.
  case unit(OutputMeasure.Metric)
  /// A figure that a program of the user's finds beside it.
  case command(String)

  private static let prefix = "command:"

  init?(argument: String) {
    if let unit = OutputMeasure.Metric(rawValue: argument) {
      self = .unit(unit)
    } else if argument.hasPrefix(Self.prefix), argument.contains(where: { !$0.isWhitespace }),
      argument.count > Self.prefix.count
    {
      self = .command(String(argument.dropFirst(Self.prefix.count)))
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] {
    OutputMeasure.Metric.allCases.map(\.rawValue) + [prefix + "CMD"]
  }
}
