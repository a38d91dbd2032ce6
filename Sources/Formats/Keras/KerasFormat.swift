import ByteIO
import ModelIR
import WireFormats

/// Keras' model files: HDF5 (`.h5`) of Keras 2 and 3, and ZIP archives (`.keras`) of Keras 3.
///
/// Layout of an `.h5` file:
/// 1. attribute `model_config` of the root: the layers, as JSON; absent where only weights are kept;
/// 2. group `model_weights` (or the root itself): attribute `layer_names`, and for each layer a group
///    whose attribute `weight_names` lists the datasets, in Keras' order;
/// 3. attribute `training_config` and group `optimizer_weights`: training, which inference ignores.
///
/// Layout of a `.keras` file:
/// 1. member `config.json`: the layers;
/// 2. member `metadata.json`: the version of Keras and a date;
/// 3. member `model.weights.h5`: HDF5 with a group for each layer and datasets `vars/0`, `vars/1`, …;
///    `optimizer/vars` holds the state of training.
///
/// Configurations are data: nothing in them is imported, evaluated or opened. Sources: the files that
/// Keras 2.21 and 3.15 write; keras.io, "Whole model saving & loading".
package enum KerasFormat {
  /// Whether the bytes begin as an HDF5 file, or as an archive that has `config.json`.
  package static func probe(_ bytes: Bytes) -> Bool {
    HDF5File.probe(bytes) || isArchive(bytes)
  }

  /// Reads a model.
  ///
  /// Weights that the file holds in one piece stay where they are.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: The path as the user gave it.
  ///   - limits: How much it may ask for.
  /// - Returns: The model, with a ledger entry for each byte of the file.
  /// - Throws: `ReadError` where the bytes cannot be understood.
  package static func load(
    _ bytes: Bytes,
    path: String,
    limits: KerasLimits = KerasLimits()
  ) throws(ReadError) -> Model {
    let container =
      HDF5File.probe(bytes)
      ? try KerasContainer(file: bytes) : try KerasContainer(archive: bytes, limits: limits)
    return try KerasLoader(container, bytes, path: path, limits: limits).load()
  }

  /// The name stands in the directory at the end: it is looked for, not read.
  private static func isArchive(_ bytes: Bytes) -> Bool {
    guard ZIPArchive.probe(bytes) else { return false }
    // The directory of a model has a handful of members; assets may add some.
    let tail = (try? bytes.suffix(from: max(0, bytes.count - (1 << 20)))) ?? bytes
    let name = Array("config.json".utf8)
    return tail.withUnsafeBytes { raw in
      guard raw.count >= name.count else { return false }
      for start in stride(from: raw.count - name.count, through: 0, by: -1)
      where raw[start] == name[0] {
        if raw[start..<(start + name.count)].elementsEqual(name) { return true }
      }
      return false
    }
  }
}

extension KerasFormat {
  /// Every layer class that has a meaning here, by Keras' names.
  package static var layers: [String] { LayerCatalog.all.flatMap(\.names) }
}
