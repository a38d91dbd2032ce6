import ByteIO
import ModelIR
import WireFormats

/// The datasets of a file, and the constants that they became.
struct WeightStore {
  private let container: KerasContainer
  private var datasets: [String: HDF5Dataset] = [:]
  private var order: [String] = []
  /// The constant of each dataset that was taken.
  private(set) var owners: [String: ValueID] = [:]
  /// Datasets that repeat others.
  private(set) var copies: Set<String> = []
  /// Bytes that had to be put together in memory.
  private(set) var copiedBytes = 0
  /// Constants whose values are not at hand.
  private(set) var unreadable: [String] = []
  /// The group of the layers in an `.h5` file.
  private let legacyRoot: String
  private var bytesLeft: Int

  init(_ container: KerasContainer, fileBytes: Int, limit: Int?) {
    self.container = container
    // What is put together in memory: the file's size tells how much an honest one needs.
    let (justified, overflow) = fileBytes.multipliedReportingOverflow(by: 64)
    bytesLeft = limit ?? min(2 << 30, overflow ? 2 << 30 : justified + (16 << 20))
    for dataset in container.survey.datasets {
      let path = dataset.object.path
      order.append(path)
      datasets[path] = dataset
    }
    let hasGroup = container.survey.objects.contains { $0.path == "/model_weights" }
    legacyRoot = hasGroup ? "/model_weights" : ""
  }

  /// Whether the file has no data at all.
  var isEmpty: Bool { order.isEmpty }

  /// The datasets below a path, in order.
  func paths(below prefix: String) -> [String] { order.filter { $0.hasPrefix(prefix) } }

  /// The weights of a layer in Keras' order; `nil` where the file has no such layer.
  ///
  /// Names are members of the layer's group: they lead nowhere else.
  func legacyPaths(of layer: String) throws(ReadError) -> [String]? {
    let group = legacyRoot + "/" + layer
    guard let index = container.survey.objects.firstIndex(where: { $0.path == group }) else {
      return nil
    }
    let names = try located(group) { () throws(ReadError) in
      try container.survey.attributes[index].texts("weight_names")
    }
    guard let names else { return nil }
    var paths: [String] = []
    for name in names {
      let path = group + "/" + name
      guard datasets[path] != nil else {
        throw ReadError(
          .modelInvalid,
          "weight_names has \"\(name.prefix(128))\", which the layer's group does not",
          path: group
        )
      }
      paths.append(path)
    }
    return paths
  }

  /// Datasets that are the state of training or of random numbers.
  func isTraining(_ path: String) -> Bool {
    path.hasPrefix("/optimizer_weights/") || path.hasPrefix("/optimizer/")
      || path.contains("/seed_generator/") || path.hasPrefix("/_compile_metrics")
      || path.hasPrefix("/compile_metrics")
  }

  /// Datasets that nothing took.
  var spare: [String] {
    order.filter { owners[$0] == nil && !copies.contains($0) && !isTraining($0) }
  }

  /// Notes that a dataset repeats another.
  mutating func markCopy(_ path: String) { copies.insert(path) }

  /// The constant that a dataset is; it is made once.
  ///
  /// - Throws: where the file has no such values: filters that are not read, shapes that its bytes
  ///   cannot fill, damaged chunks.
  mutating func value(
    _ path: String,
    name: String,
    in graph: inout Graph
  ) throws(ReadError) -> ValueID? {
    if let known = owners[path] { return known }
    guard let dataset = datasets[path] else { return nil }
    let type = Self.elementType(dataset.type)
    var storage = TensorStorage.absent
    if type != .unknown {
      storage = try content(of: dataset)
    } else {
      unreadable.append(name)
    }
    let value = graph.append(
      Value(
        name: name,
        type: type,
        shape: .fixed(dataset.shape),
        content: .constant(storage)
      )
    )
    owners[path] = value
    return value
  }

  /// The values: in the file where they stand in one piece.
  private mutating func content(of dataset: HDF5Dataset) throws(ReadError) -> TensorStorage {
    switch dataset.storage {
    case .contiguous, .compact:
      let bytes = try dataset.content()
      guard let member = container.compressed else { return .mapped(bytes) }
      copiedBytes += bytes.count
      // What the member takes in the file, shared out by size.
      let share = Double(member.stored.count) / Double(max(member.byteCount, 1))
      return .owned(bytes, fileBytes: Int(Double(bytes.count) * min(share, 1)))
    case .chunked, .absent:
      let bytes = try dataset.content(limit: bytesLeft)
      bytesLeft -= bytes.count
      copiedBytes += bytes.count
      return .owned(bytes, fileBytes: try dataset.storedBytes().reduce(0) { $0 + $1.count })
    }
  }

  private static func elementType(_ type: HDF5Type) -> ElementType {
    switch type {
    case .float(.half): return .float16
    case .float(.brain): return .bfloat16
    case .float(.single): return .float32
    case .float(.double): return .float64
    case .integer(let size, let isSigned, .littleEndian):
      switch size {
      case 1: return isSigned ? .int8 : .uint8
      case 2: return isSigned ? .int16 : .uint16
      case 4: return isSigned ? .int32 : .uint32
      case 8: return isSigned ? .int64 : .uint64
      default: return .unknown
      }
    case _ where type.isBoolean: return .bool
    default: return .unknown
    }
  }
}
