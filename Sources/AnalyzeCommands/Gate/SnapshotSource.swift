import ByteIO
import Differences
import ModelIR
import Profiling
import TargetRules
import WireFormats

/// Makes the snapshot of a model, or reads a saved one.
struct SnapshotSource {
  /// How models are measured.
  struct Options {
    var threads = 1
    /// Extents that the user fixes.
    var shapes: [ShapeOption] = []
    var batch: Int?
    var needsGzip = false
    var needsZstd = false
    /// Whether to compute what compression would bring.
    var looksAhead = true
    /// Deployment targets to ask, and where their rules come from.
    var targets: [DeploymentTarget] = []
    var library: TargetLibrary?
    var limits = Limits()
  }

  var options: Options

  /// A model file, a SavedModel, a saved report, or either at a revision.
  ///
  /// - Parameter text: A path, or `git:REV:PATH`.
  /// - Returns: One snapshot; several where a saved document holds several.
  /// - Throws: A failure that names the model or the document.
  func snapshots(_ text: String) throws(CommandFailure) -> [ReportSnapshot] {
    if let object = GitObject(text) {
      let source: ByteSource
      do throws(ReadError) {
        source = try object.bytes(in: ".")
      } catch {
        throw CommandFailure(error, path: text)
      }
      return try snapshots(of: source, path: text)
    }
    if let source = try? ByteSource.mapping(path: text), Self.looksLikeJSON(source.bytes) {
      return try saved(source.bytes, path: text)
    }
    return [try measured(text)]
  }

  /// The same of bytes that are at hand.
  func snapshots(of source: ByteSource, path: String) throws(CommandFailure) -> [ReportSnapshot] {
    if Self.looksLikeJSON(source.bytes) { return try saved(source.bytes, path: path) }
    let model = try ModelLoader.load(source, path: path, limits: options.limits)
    return [try snapshot(model, source, path)]
  }

  /// Measures a model.
  func measured(_ path: String) throws(CommandFailure) -> ReportSnapshot {
    let (model, source, file) = try ModelLoader.load(path, limits: options.limits)
    let snapshot = try snapshot(model, source, path)
    do throws(ReadError) {
      try source.checkUnchanged(path: file)
    } catch {
      throw CommandFailure(error, path: path)
    }
    return snapshot
  }

  private func snapshot(
    _ loaded: Model,
    _ source: ByteSource,
    _ path: String
  ) throws(CommandFailure) -> ReportSnapshot {
    var model = loaded
    model.labelSpareWeights(smallest: 64)
    let dimensions = try OpenDimensions(model, options.shapes, batch: options.batch, path: path)
    var hash = SHA256()
    hash.update(source.bytes)
    let profiler = Profiler(model, dimensions: dimensions)
    var asked = Profiler.Options(hashesConstants: true, mostCompressed: 0, threads: options.threads)
    asked.looksAhead = options.looksAhead
    var profile = profiler.profile(asked, sha256: hash.hexadecimal())
    if let library = options.library {
      let checkers = try TargetOptions.checkers(options.targets, model.format, library)
      profile.targets = profiler.targetReports(checkers, profile.totals)
      profiler.addTargets(options.targets, to: &profile)
    }
    var snapshot = ReportSnapshot(profile)
    if options.needsGzip { snapshot.totals.gzipBytes = GzipSize.byteCount(of: source.bytes) }
    if options.needsZstd { snapshot.totals.zstdBytes = ZstdSize.byteCount(of: source.bytes) }
    return snapshot
  }

  /// Reads a saved document.
  func saved(_ bytes: Bytes, path: String) throws(CommandFailure) -> [ReportSnapshot] {
    do throws(JSON5Error) {
      return try ReportSnapshot.decode(bytes)
    } catch {
      throw CommandFailure(error, file: path)
    }
  }

  /// No model begins with a brace or bracket; reports do, perhaps after blanks.
  static func looksLikeJSON(_ bytes: Bytes) -> Bool {
    let first = bytes.withUnsafeBytes { buffer in
      buffer.prefix(64).first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }
}

extension CommandFailure {
  /// `budgets.json5:12:7: POLICY_INVALID: …`, as editors and CI systems link it.
  init(_ error: JSON5Error, file: String) {
    self.init(
      error.code,
      path: "\(file):\(error.line):\(error.column)",
      error.message + (error.path.isEmpty ? "" : " (\(error.path))"),
      hint: error.hint
    )
  }
}
