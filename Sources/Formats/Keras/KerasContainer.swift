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

  init(archive bytes: Bytes) throws(ReadError) {
    format = .kerasV3
    let archive = try ZIPArchive(bytes)
    self.archive = archive
    guard let member = archive.member("config.json") else {
      throw ReadError(.modelUnsupported, "the archive has no config.json")
    }
    config = try Self.parsed(try member.content(limit: Self.configLimit), "config.json")
    if let member = archive.member("metadata.json") {
      let node = try Self.parsed(try member.content(limit: 1 << 20), "metadata.json")
      version = node["keras_version"]?.text
      if let version { metadata.append(MetadataEntry("keras version", version)) }
      if let date = node["date_saved"]?.text { metadata.append(MetadataEntry("saved", date)) }
    }
    guard let member = archive.member("model.weights.h5") else { return }
    if !member.isUncompressed { compressed = member }
    let content = try member.content()
    let file = try located("model.weights.h5") { () throws(ReadError) in try HDF5File(content) }
    weights = file
    survey = try located("model.weights.h5") { () throws(ReadError) in try file.survey() }
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
