import ByteIO

/// An HDF5 file, read in place.
///
/// Layout (HDF5 File Format Specification 3.0, The HDF Group; structures in the files beside this
/// one):
/// 1. superblock (`HDF5Superblock`): widths of numbers, where the root group is;
/// 2. object headers (`HDF5ObjectHeader`): the messages that make a group, a dataset or a type;
/// 3. members of groups (`HDF5Link`): in messages, in a local heap and a tree of version 1, or in a
///    fractal heap and a tree of version 2;
/// 4. attributes (`HDF5Attributes`): in messages, or in a fractal heap and a tree of version 2;
/// 5. data (`HDF5Layout`): in the header, in one piece, or in chunks that an index names
///    (`HDF5Chunks`), each run through filters (`HDF5Filters`);
/// 6. global heaps (`HDF5GlobalHeap`): elements of variable length.
///
/// Numbers are little endian. Addresses count from the superblock.
package struct HDF5File: Sendable {
  /// The group that all paths begin at.
  package let root: HDF5Group
  private let superblock: HDF5Superblock
  private let frame: HDF5Frame
  private let bytes: Bytes

  /// Whether the bytes may be an HDF5 file.
  package static func probe(_ bytes: Bytes) -> Bool { HDF5Superblock.place(in: bytes) != nil }

  /// Opens a file: reads its superblock and the members of its root group.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - checksIntegrity: Whether checksums of structures and the stated file size must agree. Off
  ///     only for tests that reach what a checksum protects.
  /// - Throws: `MODEL_INVALID` where it is not HDF5, `MODEL_TRUNCATED` where its end is missing,
  ///   `MODEL_UNSUPPORTED` where it uses what is not read, by name.
  package init(_ bytes: Bytes, checksIntegrity: Bool = true) throws(ReadError) {
    var superblock = try HDF5Superblock(bytes, checksIntegrity: checksIntegrity)
    var trace = HDF5Trace(superblock.frame, path: "/")
    try superblock.readExtension(&trace)
    self.bytes = bytes
    self.superblock = superblock
    frame = superblock.frame
    let object = try located("/") { () throws(ReadError) in
      try HDF5Object(at: superblock.frame.root, path: "/", superblock.frame, &trace)
    }
    root = try object.group(&trace)
  }
}

/// Everything that a file holds, in order, and what its bytes are.
package struct HDF5Survey: Sendable {
  /// The objects by path, parents first and members sorted by name.
  ///
  /// An object that several names lead to is listed once for each, the members of a group only
  /// under the first.
  package fileprivate(set) var objects: [HDF5Object] = []
  /// The datasets among them.
  package fileprivate(set) var datasets: [HDF5Dataset] = []
  /// The attributes of each object, in the order of `objects`.
  package fileprivate(set) var attributes: [HDF5Attributes] = []
  /// Every structure that was read, sorted by place.
  ///
  /// Regions are apart or one inside the other: attributes and compact data lie in other structures.
  package fileprivate(set) var regions: [HDF5Region] = []

  /// The survey of nothing.
  package init() {}

  /// Lists an object under another name.
  fileprivate mutating func addAlias(_ path: String, object: Int, dataset: Int) {
    let alias = objects[object].renamed(path)
    objects.append(alias)
    attributes.append(attributes[object])
    guard alias.kind == .dataset else { return }
    datasets.append(datasets[dataset].renamed(alias))
  }
}

extension HDF5File {
  /// As deep as groups may be nested.
  private static let depthLimit = 100

  /// An object that is still to be read.
  private struct Visit {
    var address: UInt64
    var path: String
    /// The addresses of the groups around it.
    var ancestors: [UInt64]
  }

  /// Reads everything but the data itself.
  ///
  /// - Throws: `MODEL_UNSUPPORTED` where a link or a dataset leaves the file, `MODEL_INVALID` where
  ///   a group contains itself or structures share bytes.
  package func survey() throws(ReadError) -> HDF5Survey {
    var survey = HDF5Survey()
    var trace = HDF5Trace(frame, path: "/", isRecording: true)
    let userBlock = try bytes.slice(at: 0, count: frame.bytes.offset - bytes.offset)
    trace.note(userBlock, as: .userBlock)
    try trace.enter(superblock.bytes, as: .superblock)
    if let address = superblock.extensionAddress {
      _ = try HDF5ObjectHeader(at: address, frame, &trace)
    }
    // Where the first name of an object stands in the lists of the survey.
    var known: [UInt64: (object: Int, dataset: Int)] = [:]
    var open = [Visit(address: frame.root, path: "/", ancestors: [])]
    while let visit = open.popLast() {
      guard !visit.ancestors.contains(visit.address) else {
        throw ReadError(.modelInvalid, "a group contains itself", path: visit.path)
      }
      guard visit.ancestors.count <= Self.depthLimit else {
        throw ReadError(.limitExceeded, "groups nested deeper than \(Self.depthLimit) levels")
      }
      if let index = known[visit.address] {
        survey.addAlias(visit.path, object: index.object, dataset: index.dataset)
        continue
      }
      trace.path = visit.path
      let object = try located(visit.path) { () throws(ReadError) in
        try HDF5Object(at: visit.address, path: visit.path, frame, &trace)
      }
      known[visit.address] = (survey.objects.count, survey.datasets.count)
      survey.objects.append(object)
      survey.attributes.append(try object.attributes(&trace))
      switch object.kind {
      case .group: open += try members(of: object, visit, &trace).reversed()
      case .dataset: survey.datasets.append(try data(of: object, &trace))
      case .namedType: break
      }
    }
    survey.regions = trace.regions.sorted { left, right in
      (left.bytes.offset, -left.bytes.count) < (right.bytes.offset, -right.bytes.count)
    }
    return survey
  }

  private func members(
    of object: HDF5Object,
    _ visit: Visit,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> [Visit] {
    let group = try object.group(&trace)
    var visits: [Visit] = []
    for link in group.links {
      let path = group.path(of: link.name)
      switch link.target {
      case .object(let address):
        let ancestors = visit.ancestors + [visit.address]
        visits.append(Visit(address: address, path: path, ancestors: ancestors))
      case .soft: continue
      case .external, .userDefined: throw link.refusal(path: path)
      }
    }
    return visits
  }

  /// The dataset that an object is; notes where its data is.
  private func data(
    of object: HDF5Object,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> HDF5Dataset {
    let dataset = try object.dataset(&trace)
    try located(object.path) { () throws(ReadError) in
      _ = try dataset.storedBytes(&trace)
      if case .variableText = dataset.type { try dataset.values().noteHeaps(&trace) }
    }
    return dataset
  }
}
