import ByteIO
import Differences
import Gate
import WireFormats

/// The sensitivity and plan files that a policy names, read once.
struct MeasurementFiles {
  /// The policy's folder, ending in `/`, or empty; the files' paths count from it.
  let folder: String
  private let policy: Policy
  private let files: [String: Result<MeasurementFile, Reason>]

  /// Why a file says nothing.
  private struct Reason: Error { var text: String }

  init(folder: String, policy: Policy) {
    self.folder = folder
    self.policy = policy
    var files: [String: Result<MeasurementFile, Reason>] = [:]
    for name in policy.files + policy.budgets.compactMap(\.advice) where files[name] == nil {
      files[name] = Self.read { () throws(ReadError) in
        try ByteSource.mapping(path: name.hasPrefix("/") ? name : folder + name)
      }
    }
    self.files = files
  }

  private static func read(
    _ open: () throws(ReadError) -> ByteSource
  ) -> Result<MeasurementFile, Reason> {
    let source: ByteSource
    do throws(ReadError) {
      source = try open()
    } catch {
      return .failure(Reason(text: error.explanation))
    }
    do throws(JSON5Error) {
      return .success(try MeasurementFile(source.bytes))
    } catch {
      return .failure(Reason(text: "\(error.message) in line \(error.line)"))
    }
  }

  /// The model with what the files say of it.
  func attached(_ model: GatedModel) -> GatedModel {
    guard case .success(var report) = model.outcome else { return model }
    var model = model
    for name in policy.files {
      report.quality[name] = files[name].map { Self.quality($0, of: report) }
    }
    let budgets = policy.budgets.filter { budget in
      budget.patterns.contains { PathPattern($0)?.matches(model.path) ?? false }
    }
    for budget in budgets where model.advice == nil {
      guard let name = budget.advice, case .success(let file) = files[name],
        file.modelHash == report.sha256
      else { continue }
      model.advice = file
    }
    model.outcome = .success(report)
    return model
  }

  /// What the files of another revision say of its model.
  func quality(
    of report: ReportSnapshot,
    at object: GitObject
  ) -> [String: ReportSnapshot.Quality] {
    var result: [String: ReportSnapshot.Quality] = [:]
    for name in policy.files {
      let file = Self.read { () throws(ReadError) in
        try object.bytes(in: folder.isEmpty ? "." : folder, path: "./" + name)
      }
      result[name] = Self.quality(file, of: report)
    }
    return result
  }

  private static func quality(
    _ file: Result<MeasurementFile, Reason>,
    of report: ReportSnapshot
  ) -> ReportSnapshot.Quality {
    switch file {
    case .failure(let reason): ReportSnapshot.Quality(reason: reason.text)
    case .success(let file):
      // Figures of another model say nothing of this one.
      file.modelHash == report.sha256
        ? file.quality
        : ReportSnapshot.Quality(
          reason: "another model was measured (SHA-256 \(file.modelHash.prefix(12))…, this one's"
            + " is \(report.sha256?.prefix(12) ?? "unknown")…); measure again"
        )
    }
  }
}
