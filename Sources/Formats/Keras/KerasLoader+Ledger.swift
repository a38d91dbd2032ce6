import ByteIO
import ModelIR
import WireFormats

extension KerasLoader {
  /// Says what each byte of the file is for.
  ///
  /// HDF5's own structures are `container`; attributes and data lie above them. What nothing claims
  /// is padding where it is zero, else unattributed.
  func makeLedger() -> ByteLedger {
    var builder = ByteLedger.Builder()
    let file = builder.add(LedgerFile(path: path, byteCount: bytes.count), bytes: bytes)
    if let archive = container.archive {
      builder.claim(archive.directory, as: .container)
      for member in archive.members {
        builder.claim(member.headerOffset..<member.stored.offset, of: file, as: .container)
        builder.claim(member.stored, as: Self.category(ofMember: member.name))
      }
    }
    if container.compressed == nil { claimSurvey(in: &builder) }
    if optimizerBytes > 0 {
      findings.add(
        .trainingState,
        "\(optimizerBytes) bytes are the state of training, which inference does not use"
      )
    }
    return builder.finish()
  }

  private static func category(ofMember name: String) -> ByteCategory {
    switch name {
    case "config.json": .graph
    case "metadata.json": .metadata
    // Where it is compressed there is nothing finer to say.
    case "model.weights.h5": .weights
    default: .metadata
    }
  }

  /// The stored bytes of datasets that only training needs.
  private var optimizerBytes: Int {
    container.survey.datasets.reduce(0) { sum, dataset in
      guard store.isTraining(dataset.object.path) else { return sum }
      return sum + ((try? dataset.storedBytes().reduce(0) { $0 + $1.count }) ?? 0)
    }
  }

  private func claimSurvey(in builder: inout ByteLedger.Builder) {
    if let member = container.archive?.member("model.weights.h5") {
      // What HDF5 leaves open is its own: nothing below it may claim it as weights.
      builder.claim(member.stored, as: .container, precedence: 1)
    }
    for region in container.survey.regions {
      let path = region.path
      switch region.kind {
      case .rawData:
        let category: ByteCategory
        if store.copies.contains(path) {
          category = .duplicates
        } else {
          category = store.isTraining(path) ? .optimizerState : .weights
        }
        let owner = store.owners[path].map { LedgerOwner(graph: Model.mainGraph, value: $0) }
        builder.claim(region.bytes, as: category, owner: owner, precedence: 4)
      case .attribute(let name):
        builder.claim(region.bytes, as: Self.category(ofAttribute: name), precedence: 3)
      case .globalHeap:
        // Long attributes: what they hold says what they are for; the configuration is the longest.
        builder.claim(region.bytes, as: heapCategory(region), precedence: 2)
      case .userBlock: builder.claim(region.bytes, as: .metadata, precedence: 2)
      case .localHeap: builder.claim(region.bytes, as: .names, precedence: 2)
      default: builder.claim(region.bytes, as: .container, precedence: 2)
      }
    }
  }

  private static func category(ofAttribute name: String) -> ByteCategory {
    if name.hasPrefix("model_config") { return .graph }
    if name.hasPrefix("layer_names") || name.hasPrefix("weight_names") || name == "name" {
      return .names
    }
    return .metadata
  }

  /// Heaps are shared by the attributes of one object, and are read for the first of them.
  private func heapCategory(_ region: HDF5Region) -> ByteCategory {
    region.path == "/" && container.config != nil ? .graph : .names
  }
}
