import ByteIO

/// A part of a file that was read, and what it is.
package struct HDF5Region: Sendable {
  /// What the bytes of a region are.
  package enum Kind: Equatable, Sendable {
    /// What a writer put before the superblock.
    case userBlock
    case superblock
    case objectHeader
    /// The index of a group: trees, symbol nodes, indexes of dense links.
    case groupIndex
    /// The index of the attributes of an object.
    case attributeIndex
    /// The index of the chunks of a dataset.
    case chunkIndex
    /// Names of the members of an old group.
    case localHeap
    /// Elements of variable length.
    case globalHeap
    /// Links or attributes that do not fit the object's header.
    case fractalHeap
    /// A whole attribute; it lies inside an object header or a fractal heap.
    case attribute(name: String)
    /// Elements of a dataset, as stored.
    case rawData
  }

  package var bytes: Bytes
  package var kind: Kind
  /// The object that the region belongs to.
  package var path: String
}

/// Follows the reading of structures: keeps them apart, bounds the work and notes the regions.
///
/// Structures of an honest file do not share bytes. So none may begin where another began (no cycle
/// and no subtree that is read over and over), and all together are no larger than the file.
struct HDF5Trace {
  /// What was read, in the order of reading; empty where nobody wants it.
  private(set) var regions: [HDF5Region] = []
  /// The object whose structures are being read.
  var path: String
  /// Whether elements of variable length are looked up to note where they are.
  let isRecording: Bool
  private var entered: Set<Int> = []
  /// The bytes of all structures so far.
  private(set) var byteCount = 0
  private let byteLimit: Int
  /// Types that many objects share may be read many times, but not without end.
  private var sharedBytesLeft: Int
  private var heaps: [UInt64: HDF5GlobalHeap] = [:]
  private let end: Int

  init(_ frame: HDF5Frame, path: String, isRecording: Bool = false) {
    self.path = path
    self.isRecording = isRecording
    byteLimit = frame.bytes.count
    sharedBytesLeft = frame.bytes.count.multipliedReportingOverflow(by: 16).partialValue
    end = frame.bytes.endOffset
  }

  /// Begins a structure.
  ///
  /// - Parameters:
  ///   - bytes: The structure, as far as it is used.
  ///   - kind: What it is.
  ///   - allocated: The bytes that the writer reserved for it.
  /// - Throws: `MODEL_INVALID` where a structure begins there already, or all together would be
  ///   larger than the file.
  mutating func enter(
    _ bytes: Bytes,
    as kind: HDF5Region.Kind,
    allocated: Int? = nil
  ) throws(ReadError) {
    guard entered.insert(bytes.offset).inserted else {
      throw ReadError(
        .modelInvalid,
        "two structures begin at the same place, or one contains itself",
        at: bytes.offset
      )
    }
    guard bytes.count <= byteLimit - byteCount else {
      throw ReadError(.modelInvalid, "structures of the file overlap", at: bytes.offset)
    }
    byteCount += bytes.count
    note(bytes, as: kind, allocated: allocated)
  }

  /// Notes a part of the file without any check.
  mutating func note(_ bytes: Bytes, as kind: HDF5Region.Kind, allocated: Int? = nil) {
    guard isRecording, !bytes.isEmpty else { return }
    var region = HDF5Region(bytes: bytes, kind: kind, path: path)
    let count = min(allocated ?? 0, end - bytes.offset)
    if count > bytes.count, let whole = try? bytes.extended(to: count) { region.bytes = whole }
    regions.append(region)
  }

  /// Counts and notes the structures of something that several objects may share.
  mutating func share(_ other: HDF5Trace) throws(ReadError) {
    guard other.byteCount <= sharedBytesLeft else {
      throw ReadError(.modelInvalid, "a shared type is used too often", path: path)
    }
    sharedBytesLeft -= other.byteCount
    regions += other.regions
  }

  /// The collection of elements of variable length at an address; it is read once.
  mutating func globalHeap(
    at address: UInt64,
    _ frame: HDF5Frame
  ) throws(ReadError) -> HDF5GlobalHeap {
    if let heap = heaps[address] { return heap }
    let heap = try HDF5GlobalHeap(at: address, frame, &self)
    heaps[address] = heap
    return heap
  }
}

extension Bytes {
  /// The same start and more bytes.
  fileprivate func extended(to byteCount: Int) throws(ReadError) -> Bytes {
    try source.bytes.slice(at: offset, count: byteCount)
  }
}
