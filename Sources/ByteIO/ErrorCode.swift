/// The stable upper-case word in every error line; other people's scripts match on it.
///
/// A new code may be added; a code never changes its meaning.
package enum ErrorCode: String, Sendable, CaseIterable {
  /// The file ends before what it promises.
  case modelTruncated = "MODEL_TRUNCATED"
  /// The bytes are of a format that is not read, or use a feature that is not.
  case modelUnsupported = "MODEL_UNSUPPORTED"
  /// The bytes contradict their own format.
  case modelInvalid = "MODEL_INVALID"
  /// Calibration or input data does not fit.
  case dataInvalid = "DATA_INVALID"
  /// A rule file does not decode.
  case rulesInvalid = "RULES_INVALID"
  /// A gate policy does not decode.
  case policyInvalid = "POLICY_INVALID"
  /// A baseline that is needed is not there.
  case baselineMissing = "BASELINE_MISSING"
  /// A baseline is of another model or schema.
  case baselineMismatch = "BASELINE_MISMATCH"
  /// A `--limit` would be exceeded.
  case limitExceeded = "LIMIT_EXCEEDED"
  /// A file cannot be read.
  case ioRead = "IO_READ"
  /// A file cannot be written.
  case ioWrite = "IO_WRITE"
  /// The command line is wrong.
  case usage = "USAGE"
  /// A defect of this tool.
  case `internal` = "INTERNAL"
}
