import ByteIO
import ModelIR
import WireFormats

/// The parts of a model file, wherever the format puts them.
struct KerasContainer {
  var format: ModelFormat
  /// The layers; `nil` where the file holds only weights.
  var config: JSON5Node?
  /// The version of Keras that wrote the file.
  var version: String?
  /// What the file says of itself.
  var metadata: [MetadataEntry] = []
  /// The HDF5 part; `nil` where an archive has no weights.
  var weights: HDF5File?
  var survey = HDF5Survey()
  var archive: ZIPArchive?
  /// The member that the HDF5 part was decompressed from; `nil` where it is in the file as it is.
  var compressed: ZIPArchive.Member?

  /// The longest configuration that is read; real ones have a few megabytes at most.
  private static let configLimit = 256 << 20

  init(file bytes: Bytes) throws(ReadError) {
    format = .kerasH5
    let file = try HDF5File(bytes)
    weights = file
    survey = try file.survey()
    let attributes = try file.root.attributes()
    if let text = try attributes.text("model_config") {
      let source = ByteSource(Array(text.utf8), name: "model_config")
      config = try Self.parsed(source.bytes, "@model_config")
    }
    version = try attributes.text("keras_version")
    if version == nil, let group = try file.root.group("model_weights") {
      version = try group.attributes().text("keras_version")
    }
    if let version { metadata.append(MetadataEntry("keras version", version)) }
    if let backend = try attributes.text("backend") {
      metadata.append(MetadataEntry("backend", backend))
    }
  }

  init(archive bytes: Bytes, limits: KerasLimits) throws(ReadError) {
    format = .kerasV3
    let archive = try Self.hinting("zip-entries") { () throws(ReadError) in
      try ZIPArchive(bytes, entries: limits.archiveEntries)
    }
    var inflatedBytes = limits.inflatedBytes
    self.archive = archive
    guard let member = archive.member("config.json") else {
      throw ReadError(.modelUnsupported, "the archive has no config.json")
    }
    let text = try Self.content(of: member, within: &inflatedBytes, Self.configLimit)
    config = try Self.parsed(text, "config.json")
    if let member = archive.member("metadata.json") {
      let text = try Self.content(of: member, within: &inflatedBytes, 1 << 20)
      let node = try Self.parsed(text, "metadata.json")
      version = node["keras_version"]?.text
      if let version { metadata.append(MetadataEntry("keras version", version)) }
      if let date = node["date_saved"]?.text { metadata.append(MetadataEntry("saved", date)) }
    }
    guard let member = archive.member("model.weights.h5") else { return }
    if !member.isUncompressed { compressed = member }
    let content = try Self.content(of: member, within: &inflatedBytes, Int.max)
    let file = try located("model.weights.h5") { () throws(ReadError) in try HDF5File(content) }
    weights = file
    survey = try located("model.weights.h5") { () throws(ReadError) in try file.survey() }
  }

  /// Decompresses a member, and takes what that gives from what is left.
  private static func content(
    of member: ZIPArchive.Member,
    within left: inout Int,
    _ most: Int
  ) throws(ReadError) -> Bytes {
    let limit = left
    let bytes = try hinting(limit < most ? "inflate-total" : nil) { () throws(ReadError) in
      try member.content(limit: min(limit, most))
    }
    if !member.isUncompressed { left -= bytes.count }
    return bytes
  }

  /// Runs `body`; where a limit is exceeded, the error says which flag allows more.
  private static func hinting<Result>(
    _ flag: String?,
    _ body: () throws(ReadError) -> Result
  ) throws(ReadError) -> Result {
    do throws(ReadError) {
      return try body()
    } catch {
      var error = error
      if let flag, error.code == .limitExceeded { error.hint = "--limit \(flag)=N allows more" }
      throw error
    }
  }

  private static func parsed(_ bytes: Bytes, _ place: String) throws(ReadError) -> JSON5Node {
    do throws(JSON5Error) {
      return try JSON5.parse(bytes, options: .python(maximumBytes: configLimit))
    } catch {
      throw error.readError.inside(place)
    }
  }
}

extension KerasContainer {
  /// The first number of the version: 2 or 3; 2 where the file does not tell.
  var generation: Int {
    if format == .kerasV3 { return 3 }
    return version?.split(separator: ".").first.flatMap { Int($0) } ?? 2
  }
}
