import ArgumentParser
import ByteIO
import FormatONNX
import FormatTFLite
import ModelIR
import TargetRules
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where rule files come from; the same for every command.
struct RuleOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Add the rule files (.json5) of a folder.", valueName: "DIR")
  )
  var rules: [String] = []

  /// The targets: built-in ones and those of the folders; of equal names the last folder's counts.
  func library() throws(CommandFailure) -> TargetLibrary {
    var files: [TargetLibrary.File] = []
    for directory in rules {
      for name in try Self.ruleFiles(in: directory) {
        let stem = String(name.dropLast(".json5".utf8.count))
        let path = directory + (directory.hasSuffix("/") ? "" : "/") + name
        files.removeAll { $0.name == stem }
        files.append(.init(name: stem, path: path, bytes: try Self.read(path)))
      }
    }
    return TargetLibrary(adding: files)
  }

  /// The bytes of a rule file.
  static func read(_ path: String) throws(CommandFailure) -> Bytes {
    do throws(ReadError) {
      return try ByteSource.mapping(path: path).bytes
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  private static func ruleFiles(in directory: String) throws(CommandFailure) -> [String] {
    guard let stream = opendir(directory) else {
      throw CommandFailure(
        .ioRead,
        path: directory,
        "the folder of rules cannot be read: \(String(cString: strerror(errno)))"
      )
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = try next(stream, directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".json5"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func next(
    _ stream: DirectoryStream,
    _ directory: String
  ) throws(CommandFailure) -> UnsafeMutablePointer<dirent>? {
    do throws(ReadError) {
      return try nextEntry(of: stream, directory)
    } catch {
      throw CommandFailure(error, path: directory)
    }
  }
}

/// Which targets to check.
struct TargetOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Check for a deployment target (repeatable; analyze targets lists them).",
      valueName: "NAME|FILE.json5"
    )
  )
  var target: [String] = []

  @OptionGroup var rules: RuleOptions

  /// The targets with the library that they came from; nothing is decoded where none is asked for.
  func targets() throws(CommandFailure) -> (targets: [DeploymentTarget], library: TargetLibrary) {
    let library = try rules.library()
    var targets: [DeploymentTarget] = []
    for name in target { targets.append(try Self.find(name, in: library)) }
    return (targets, library)
  }

  /// The targets, ready to check models of a format.
  static func checkers(
    _ targets: [DeploymentTarget],
    _ format: ModelFormat,
    _ library: TargetLibrary
  ) throws(CommandFailure) -> [TargetChecker] {
    var checkers: [TargetChecker] = []
    do throws(TargetLibrary.Failure) {
      for target in targets {
        checkers.append(
          try TargetChecker(target, format: format, vocabulary: .formats, library: library)
        )
      }
    } catch {
      throw CommandFailure(error)
    }
    return checkers
  }

  /// A target by name, or by file where the name looks like one.
  static func find(_ name: String, in library: TargetLibrary) throws(CommandFailure)
    -> DeploymentTarget
  {
    let isFile = name.contains("/") || name.hasSuffix(".json5") || name.hasSuffix(".json")
    do throws(TargetLibrary.Failure) {
      guard isFile else { return try library.target(named: name) }
    } catch {
      throw CommandFailure(error)
    }
    let bytes = try RuleOptions.read(name)
    do throws(TargetLibrary.Failure) {
      return try TargetLibrary.decode(bytes, path: name)
    } catch {
      throw CommandFailure(error)
    }
  }
}

extension CommandFailure {
  /// A target that cannot be had.
  init(_ failure: TargetLibrary.Failure) {
    switch failure {
    case .unknown(let name, let nearest):
      self.init(
        .usage,
        "there is no target \"\(name)\"",
        hint: nearest.map { "did you mean \"\($0)\"?" } ?? "analyze targets lists them"
      )
    case .invalid(let error, let path):
      self.init(
        error.code,
        path: "\(path):\(error.line):\(error.column)",
        error.message,
        hint: error.hint
      )
      offset = error.position.offset
    }
  }
}

extension OperatorVocabulary {
  /// The names of all formats that are read: one line each.
  static let formats: OperatorVocabulary = {
    var vocabulary = OperatorVocabulary()
    vocabulary.add(.tflite, TFLiteFormat.canonicalNames)
    vocabulary.add(.onnx, ONNXFormat.canonicalNames)
    return vocabulary
  }()

  /// The operators that formats have, whether or not they mean something here.
  static var knownNames: [ModelFormat: Set<String>] {
    [
      .tflite: Set(TFLiteFormat.operatorNames),
      .onnx: Set(ONNXFormat.canonicalNames.map(\.source)),
    ]
  }
}
