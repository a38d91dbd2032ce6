import ByteIO
import Differences

/// A model that the gate was asked about: measured, or why not.
package struct GatedModel: Sendable {
  /// From the policy's folder, with `/`.
  package var path: String
  package var outcome: Result<ReportSnapshot, Trouble>
  /// Measurements of this very model, for the way back under a limit.
  package var advice: MeasurementFile?

  /// Why a model or a baseline could not be read.
  package struct Trouble: Error, Sendable, Equatable {
    package var code: ErrorCode
    package var message: String

    package init(code: ErrorCode, message: String) {
      self.code = code
      self.message = message
    }
  }

  package init(
    path: String,
    outcome: Result<ReportSnapshot, Trouble>,
    advice: MeasurementFile? = nil
  ) {
    self.path = path
    self.outcome = outcome
    self.advice = advice
  }
}

/// What models are compared with.
package enum GateBaseline: Sendable {
  /// None was named.
  case none
  /// It was named and is not there.
  case absent(GatedModel.Trouble)
  /// It is there and cannot be used.
  case unusable(GatedModel.Trouble)
  /// The reports of a file.
  case reports([ReportSnapshot])
  /// The same paths at another revision: a report for each model, by its path.
  case revision([String: Result<ReportSnapshot, GatedModel.Trouble>])
}

/// How the gate judges beyond its policy.
package struct GateOptions: Sendable {
  /// Exit with 0 whatever a budget says.
  package var warnsOnly = false
  /// A baseline that is not there is said and not an error.
  package var allowsMissingBaseline = false
  /// The most that a file may shrink, in hundredths of a percent; more fails.
  package var maximumShrink: Int?

  package init() {}
}
