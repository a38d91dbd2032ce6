import ByteIO
import CRules
import ModelIR
import WireFormats

/// The targets by name: those inside the program, and those that the user adds.
///
/// Nothing is decoded before it is asked for.
package struct TargetLibrary: Sendable {
  /// One rule file that has not been read.
  package struct File: Sendable {
    package var name: String
    /// Where it is, for messages: a path, or `built-in NAME.json5`.
    package var path: String
    package var bytes: Bytes

    package init(name: String, path: String, bytes: Bytes) {
      self.name = name
      self.path = path
      self.bytes = bytes
    }
  }

  /// Why a target cannot be had.
  package enum Failure: Error, Sendable {
    /// Nobody knows the name; the nearest that is known.
    case unknown(String, nearest: String?)
    /// Its file is wrong.
    case invalid(JSON5Error, path: String)
  }

  /// The files, sorted by name.
  package private(set) var files: [File]

  /// The built-in files and others, which take the place of built-in ones of the same name.
  package init(adding others: [File] = []) {
    let names = Set(others.map(\.name))
    let builtIn = Self.builtInNames.filter { !names.contains($0) }.map { name in
      File(name: name, path: "built-in \(name).json5", bytes: Self.builtInBytes(name))
    }
    files = (builtIn + others).sorted { $0.name < $1.name }
  }

  /// The names, sorted.
  package var names: [String] { files.map(\.name) }

  /// The target of a name.
  ///
  /// - Throws: where nobody knows it, or its file is wrong.
  package func target(named name: String) throws(Failure) -> DeploymentTarget {
    guard let file = files.first(where: { $0.name == name }) else {
      throw .unknown(name, nearest: nearestName(to: name, in: names))
    }
    let target = try Self.decode(file.bytes, path: file.path)
    guard target.name == name else {
      throw .invalid(
        JSON5Error(
          .rulesInvalid,
          "the target is named \"\(target.name)\", its file \"\(name)\"",
          at: JSON5Position(offset: 0, line: 1, column: 1),
          path: "name",
          hint: "both names must be the same"
        ),
        path: file.path
      )
    }
    return target
  }

  /// The target that a rule file describes.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - path: Where it is, for messages.
  ///   - knownNames: The names that operators can have, by format, where they are to be checked.
  /// - Returns: The target.
  /// - Throws: `invalid` where the file is wrong.
  package static func decode(
    _ bytes: Bytes,
    path: String,
    knownNames: [ModelFormat: Set<String>] = [:]
  ) throws(Failure) -> DeploymentTarget {
    do throws(JSON5Error) {
      return try RuleDecoder.decode(bytes, knownNames: knownNames)
    } catch {
      throw .invalid(error, path: path)
    }
  }

  /// The names of the files inside the program, sorted.
  package static var builtInNames: [String] {
    builtIn.map { String(cString: $0.name) }
  }

  private static var builtIn: UnsafeBufferPointer<crules_file> {
    UnsafeBufferPointer(start: crules_targets(), count: crules_target_count())
  }

  /// The text of a file inside the program; empty for a name that is none.
  package static func builtInBytes(_ name: String) -> Bytes {
    let file = builtIn.first { String(cString: $0.name) == name }
    let bytes = file.map { Array(UnsafeBufferPointer(start: $0.bytes, count: $0.count)) }
    return ByteSource(bytes ?? [], name: "built-in \(name).json5").bytes
  }
}
