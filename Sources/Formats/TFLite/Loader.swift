import ByteIO
import ModelIR
import WireFormats

/// One reading of one file.
///
/// A class, because what is read adds to findings, budgets and claims from everywhere.
final class Loader {
  let bytes: Bytes
  let path: String
  let buffer: FlatBuffer
  let root: FlatBufferTable

  var allocation: AllocationBudget
  var findings = Findings()
  /// What the parts of the file are for, where that is more than "structure".
  var claims: [Claim] = []

  var buffers: [Bytes?] = []
  var externalBuffers: [UInt32: ExternalBuffer] = [:]
  var operatorCodes: [OperatorCode] = []
  var subgraphCount = 0
  /// Operators of the subgraphs so far.
  var nodeCount = 0
  var graphs: [Graph] = []
  var signatures: [Signature] = []
  var metadata: [MetadataEntry] = []
  var plannedOffsets: [Int?]?
  /// Which buffers hold metadata.
  var metadataBuffers: Set<Int> = []
  /// The tensors of each graph, as far as the values do not tell.
  var tensors: [[TensorNote]] = []
  /// Whether some tensor of the file says that its rank is known.
  var statesRanks = false

  /// How much memory sparse constants may still take in their dense form.
  var denseBytesLeft: Int

  /// A label for a range of the file.
  typealias Claim = (range: Range<Int>, category: ByteCategory)

  let limits: TFLiteLimits

  init(_ bytes: Bytes, path: String, limits: TFLiteLimits) throws(ReadError) {
    self.bytes = bytes
    self.path = path
    self.limits = limits
    var flatBuffer = FlatBufferLimits(byteCount: bytes.count)
    if let depth = limits.flatBufferDepth { flatBuffer.depth = depth }
    if let tables = limits.flatBufferTables { flatBuffer.tables = tables }
    buffer = FlatBuffer(bytes, limits: flatBuffer)
    root = try buffer.root()
    allocation = AllocationBudget(metadataBytes: bytes.count, limit: limits.structureBytes)
    let (justified, overflow) = bytes.count.multipliedReportingOverflow(by: 256)
    denseBytesLeft = limits.denseBytes ?? min(2 << 30, overflow ? 2 << 30 : justified)
  }

  /// Reads everything.
  func load() throws(ReadError) -> Model {
    let version = try root.uint32(slot: Slot.Model.version)
    guard version == 3 else {
      throw ReadError(
        .modelUnsupported,
        "schema version \(version) is not read, only 3",
        at: root.offset,
        path: "version"
      )
    }
    try readBuffers()
    allocation = AllocationBudget(
      metadataBytes: bytes.count - constantBytes(),
      limit: limits.structureBytes
    )
    try readExternalBuffers()
    try readOperatorCodes()
    try readSubgraphs()
    try readSignatures()
    try readDescription()
    try readMetadata()
    // Label files and the like; what is no archive is told by the ledger.
    let archive = try? ZIPArchive(appendedTo: bytes, entries: limits.archiveEntries)
    if let archive { try readArchive(archive) }
    for index in graphs.indices {
      try located("subgraphs[\(index)]") { () throws(ReadError) in
        try graphs[index].checkInvariants(graphCount: graphs.count)
      }
    }
    try checkCalls()
    let ledger = makeLedger(archive: archive)
    return Model(
      format: .tflite,
      path: path,
      graphs: graphs,
      ledger: ledger,
      diagnostics: findings.diagnostics(),
      signatures: signatures,
      metadata: metadata,
      plannedOffsets: plannedOffsets
    )
  }

  /// Notes what a part of the file is for.
  func claim(_ range: Range<Int>, as category: ByteCategory) {
    guard !range.isEmpty else { return }
    claims.append((range: range, category: category))
  }

  /// Text from the file.
  ///
  /// Names longer than 4 KiB keep that much and a hash of the rest: nobody reads more.
  func text(_ bytes: Bytes?) throws(ReadError) -> String {
    guard let bytes, !bytes.isEmpty else { return "" }
    let kept = limits.nameBytes
    guard bytes.count > kept else {
      try allocation.charge(bytes.count, at: bytes.offset)
      return bytes.string
    }
    try allocation.charge(kept, at: bytes.offset)
    findings.add(.longName, "a name of \(bytes.count) bytes was shortened")
    let hash = String(bytes.contentHash, radix: 16)
    return try bytes.slice(at: 0, count: kept).string + "…#" + hash
  }

  /// A count or index from the file as an `Int`.
  func index(_ value: Int64, below count: Int, _ what: @autoclosure () -> String) throws(ReadError)
    -> Int
  {
    guard let index = Int(exactly: value), index >= 0, index < count else {
      throw ReadError(.modelInvalid, "\(what()) \(value) is named, but there are \(count)")
    }
    return index
  }
}

/// How much memory the structure of a file may take: 32 times its own bytes and 16 MiB.
///
/// Many tables may refer to one vector; without this a small file could unfold into a large
/// model.
struct AllocationBudget {
  private let limit: Int
  private var left: Int

  init(metadataBytes: Int, limit stated: Int? = nil) {
    let (product, overflow) = max(0, metadataBytes).multipliedReportingOverflow(by: 32)
    let (sum, sumOverflow) = product.addingReportingOverflow(16 << 20)
    limit = stated ?? (overflow || sumOverflow ? Int.max : sum)
    left = limit
  }

  /// Takes from the budget.
  ///
  /// - Throws: `LIMIT_EXCEEDED` where nothing is left.
  mutating func charge(_ byteCount: Int, at offset: Int? = nil) throws(ReadError) {
    guard byteCount >= 0, byteCount <= left else {
      throw ReadError(
        .limitExceeded,
        "the model's structure would take more than \(limit) bytes of memory",
        at: offset,
        hint: "many parts of the file seem to share their content; --limit metadata-alloc=BYTES"
          + " allows more"
      )
    }
    left -= byteCount
  }
}
