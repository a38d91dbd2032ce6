import Foundation

/// The real models that tests load where they are at hand; they are too large to be kept here.
package enum SharedModels {
  /// The folder: the one that `ANALYZE_SHARED_MODELS` names, or `shared/models` in one of the
  /// folders around this package; `nil` where there is none.
  package static let folder: URL? = {
    let manager = FileManager.default
    if let path = ProcessInfo.processInfo.environment["ANALYZE_SHARED_MODELS"] {
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    var place = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while place.path != "/" {
      let candidate = place.appendingPathComponent("shared/models", isDirectory: true)
      if manager.fileExists(atPath: candidate.appendingPathComponent("manifest.json").path) {
        return candidate
      }
      place.deleteLastPathComponent()
    }
    return nil
  }()

  /// The models whose name ends so, relative to the folder, sorted.
  package static func names(withExtension pathExtension: String) -> [String] {
    guard let folder, let files = FileManager.default.enumerator(atPath: folder.path) else {
      print("SKIPPED: no shared models; set ANALYZE_SHARED_MODELS to the folder that holds them")
      return []
    }
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix("." + pathExtension) }.sorted()
  }

  /// The path of a model.
  package static func path(_ name: String) -> String {
    folder?.appendingPathComponent(name).path ?? name
  }

  /// What the manifest says of a model.
  package static func facts(_ name: String) throws -> [String: Any] {
    guard let folder else { return [:] }
    let data = try Data(contentsOf: folder.appendingPathComponent("manifest.json"))
    let manifest = try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    return manifest?[name] ?? [:]
  }
}
