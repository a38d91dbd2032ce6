import Foundation

/// Real models that are not part of the package: found beside it, or named by the environment.
package enum SharedModels {
  /// The directory, or `nil` where there is none, after saying so.
  package static let directory: String? = {
    if let path = ProcessInfo.processInfo.environment["ANALYZE_SHARED_MODELS"] { return path }
    var place = URL(fileURLWithPath: #filePath)
    while place.path != "/" {
      place.deleteLastPathComponent()
      let candidate = place.appendingPathComponent("shared/models")
      if FileManager.default.fileExists(atPath: candidate.path + "/manifest.json") {
        return candidate.path
      }
    }
    print(
      """
      *** SKIPPED: tests on real models. There is no directory shared/models above the package; \
      set ANALYZE_SHARED_MODELS to the directory that has manifest.json.
      """
    )
    return nil
  }()

  /// What the manifest says of each model, by path below the directory.
  package static let manifest: [String: Facts] = {
    guard let directory,
      let data = FileManager.default.contents(atPath: directory + "/manifest.json"),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    else { return [:] }
    return root.mapValues(Facts.init)
  }()

  /// The paths of the models whose names end in `suffix`, sorted.
  package static func paths(_ suffix: String) -> [String] {
    manifest.keys.filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// The models whose name ends so, relative to the folder, sorted.
  package static func names(withExtension pathExtension: String) -> [String] {
    guard let directory, let files = FileManager.default.enumerator(atPath: directory) else {
      return []
    }
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix("." + pathExtension) }.sorted()
  }

  /// The path of a model.
  package static func path(_ name: String) -> String { (directory ?? "") + "/" + name }

  /// What the manifest says of a model.
  package static func facts(_ name: String) throws -> [String: Any] {
    guard let data = FileManager.default.contents(atPath: path("manifest.json")) else { return [:] }
    let manifest = try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    return manifest?[name] ?? [:]
  }

  /// Facts about a model from a source that is not this package.
  package struct Facts: Sendable {
    package let byteCount: Int?
    package let parameters: Int?
    /// Nodes by type.
    package let operators: [String: Int]?
    package let inputs: [Tensor]?
    package let outputs: [Tensor]?
    /// The archive of inputs and the official runtime's outputs, below the directory.
    package let golden: String?

    /// A name and extents; `nil` for an extent that is not a number.
    package struct Tensor: Equatable, Sendable {
      package let name: String
      package let extents: [Int?]

      package init(name: String, extents: [Int?]) {
        self.name = name
        self.extents = extents
      }
    }

    init(_ entry: [String: Any]) {
      byteCount = entry["bytes"] as? Int
      parameters = entry["params"] as? Int
      operators = entry["ops"] as? [String: Int]
      inputs = Self.tensors(entry["inputs"])
      outputs = Self.tensors(entry["outputs"])
      golden = entry["golden"] as? String
    }

    private static func tensors(_ value: Any?) -> [Tensor]? {
      (value as? [[Any]])?.compactMap { row in
        guard row.count >= 2, let name = row[0] as? String, let extents = row[1] as? [Any]
        else { return nil }
        return Tensor(name: name, extents: extents.map { $0 as? Int })
      }
    }
  }
}
