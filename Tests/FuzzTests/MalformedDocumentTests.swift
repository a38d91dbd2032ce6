import ByteIO
import Calibration
import Differences
import Execution
import Gate
import Planning
import TargetRules
import TestSupport
import Testing
import WireFormats

/// The malformed arrays, pictures, rules, policies, reports, measurements and journals of
/// `Tests/Faults/malformed_documents.py`, in process; `malformed.py --pack` packs them.
@Suite struct MalformedDocumentTests {
  /// A kind of document: how many there are at least, and what reads one.
  struct Kind: CustomTestStringConvertible, Sendable {
    var name: String
    var least: Int
    var read: @Sendable (Bytes) throws -> Void

    var testDescription: String { name }
  }

  static let kinds = [
    Kind(name: "npy", least: 45) { _ = try TensorArchive($0) },
    Kind(name: "npz", least: 15) { _ = try TensorArchive($0) },
    Kind(name: "picture", least: 40) { _ = try Picture($0, channels: 3) },
    Kind(name: "rules", least: 90) { _ = try TargetLibrary.decode($0, path: "rules.json5") },
    Kind(name: "policy", least: 70) { _ = try Policy($0) },
    Kind(name: "baseline", least: 90) { _ = try ReportSnapshot.decode($0) },
    Kind(name: "sensitivity", least: 70) {
      _ = try SensitivityTable.decode($0, modelHash: String(repeating: "0", count: 64))
    },
    Kind(name: "preprocessing", least: 35) { _ = try Preprocessing(json5: $0) },
    Kind(name: "journal", least: 15) { bytes in
      let folder = try TemporaryDirectory()
      try folder.write(bytes.array, to: "journal")
      _ = try RecordLog.read(folder.path + "/journal")
    },
  ]

  @Test(arguments: kinds) func `a malformed document gives the error that it should`(kind: Kind)
    throws
  {
    let files = try MalformedFiles.of(kind.name)
    #expect(files.count >= kind.least)
    for file in files {
      var found = "OK"
      do {
        try kind.read(ByteSource(file.bytes).bytes)
      } catch let error as ReadError {
        found = error.code.rawValue
      } catch let error as JSON5Error {
        found = error.code.rawValue
      } catch TargetLibrary.Failure.invalid(let error, _) {
        found = error.code.rawValue
      }
      #expect(file.codes.contains(found), "\(file.name) gives \(found)")
    }
  }

  /// `analyze sensitivity` leaves what `analyze gate` reads too: both refuse the same damage to what
  /// both look at.
  @Test func `damaged text is no measurement for the gate either`() throws {
    for file in try MalformedFiles.of("sensitivity").prefix(21) {
      let bytes = ByteSource(file.bytes).bytes
      let error = #expect(throws: JSON5Error.self, "\(file.name)") { try MeasurementFile(bytes) }
      #expect(file.codes.contains(error?.code.rawValue ?? "OK"), "\(file.name)")
    }
  }
}
