import ByteIO
import CStatistics
import ModelIR
import Operators

/// Reads stored weights once and fills in their statistics.
///
/// Large constants are cut into pieces so that all threads have work; a piece is looked at by one
/// thread, and pieces are joined in order, so the result does not depend on the number of threads.
struct WeightReader {
  let threads: Int
  /// Whether to hash the stored bytes, too.
  var hashes = false

  /// Elements of one piece: about a megabyte, so that a batch has pieces for all threads.
  private static let pieceElements = 1 << 18
  /// After this many bytes their memory is given back: a large model does not fill it.
  private static let batchBytes = 32 << 20

  /// Pieces that are looked at together.
  private struct Batch {
    var jobs: [statistics_job] = []
    /// The constant that each piece is of, and its bytes.
    var pieces: [(constant: Int, bytes: Bytes)] = []
    var byteCount = 0
  }

  /// Fills in the statistics of every constant whose values are at hand.
  func read(
    _ model: Model,
    _ constants: inout [ModelProfile.ConstantRow],
    progress: (Int, Int) -> Void
  ) {
    let total = constants.reduce(0) { $0 + ($1.bytes ?? 0) }
    var batch = Batch()
    var done = 0
    for index in constants.indices {
      let row = constants[index]
      guard let bytes = model[row.graph][row.value].constant?.bytes else { continue }
      guard let type = CStatistics.statistics_type(row.type) else {
        constants[index].statistics = decoded(row, model)
        if hashes { constants[index].contentHash = Self.hash(bytes) }
        continue
      }
      guard let needed = row.type.byteCount(elements: row.elements), needed <= bytes.count
      else { continue }
      if row.elements == 0 {
        constants[index].statistics = .init(minimum: nil, maximum: nil, zeros: 0, nonFinite: 0)
      }
      for start in stride(from: 0, to: row.elements, by: Self.pieceElements) {
        append(piece: start, of: row, index, bytes, type, to: &batch)
        guard batch.byteCount >= Self.batchBytes else { continue }
        run(batch, &constants)
        done += batch.byteCount
        progress(done, total)
        batch = Batch()
      }
    }
    run(batch, &constants)
  }

  private func append(
    piece start: Int,
    of row: ModelProfile.ConstantRow,
    _ index: Int,
    _ bytes: Bytes,
    _ type: CStatistics.statistics_type,
    to batch: inout Batch
  ) {
    let count = min(Self.pieceElements, row.elements - start)
    guard let offset = row.type.byteCount(elements: start),
      let byteCount = row.type.byteCount(elements: count),
      let piece = try? bytes.slice(at: offset, count: byteCount)
    else { return }
    batch.jobs.append(
      statistics_job(
        // Only the address is kept: the batch holds the piece, and so the source, while it is read.
        elements: piece.withUnsafeBytes { $0.baseAddress },
        descriptor: piece.source.descriptor ?? -1,
        offset: Int64(piece.offset),
        count: count,
        type: type,
        zero_point: Int64(row.quantization?.zeroPoint(0) ?? 0),
        hashes: hashes ? 1 : 0,
        minimum: 0,
        maximum: 0,
        zeros: 0,
        non_finite: 0,
        hash: 0
      )
    )
    batch.pieces.append((constant: index, bytes: piece))
    batch.byteCount += byteCount
  }

  private func run(_ batch: Batch, _ constants: inout [ModelProfile.ConstantRow]) {
    var jobs = batch.jobs
    statistics_run(&jobs, jobs.count, Int32(clamping: threads))
    for (job, piece) in zip(jobs, batch.pieces) {
      let part = ConstantStatistics(
        minimum: job.minimum <= job.maximum ? job.minimum : nil,
        maximum: job.minimum <= job.maximum ? job.maximum : nil,
        zeros: job.zeros,
        nonFinite: job.non_finite
      )
      let known = constants[piece.constant].statistics
      constants[piece.constant].statistics = known.map { $0.joined(part) } ?? part
      if hashes {
        // Pieces come in their order, so the chain does not depend on the threads.
        constants[piece.constant].contentHash =
          constants[piece.constant].contentHash.map { Self.chained($0, job.hash) } ?? job.hash
      }
    }
    // A small model's pages are few, and giving each back would cost more than they do.
    guard batch.byteCount >= Self.batchBytes else { return }
    for piece in batch.pieces { piece.bytes.release() }
  }

  private static func hash(_ bytes: Bytes) -> UInt64 {
    bytes.withUnsafeBytes { statistics_hash($0.baseAddress, $0.count, 0) }
  }

  private static func chained(_ hash: UInt64, _ next: UInt64) -> UInt64 {
    withUnsafeBytes(of: next.littleEndian) { statistics_hash($0.baseAddress, $0.count, hash) }
  }

  /// Types without a loop of their own (float8, packed 2-bit) are decoded first; they are rare.
  private func decoded(_ row: ModelProfile.ConstantRow, _ model: Model) -> ConstantStatistics? {
    guard let storage = model[row.graph][row.value].constant, let sizes = row.shape.sizes,
      let tensor = Tensor(type: row.type, sizes: sizes, storage: storage),
      let values = tensor.doubleValues
    else { return nil }
    let zero = Double(row.quantization?.zeroPoint(0) ?? 0)
    let finite = values.filter(\.isFinite)
    return ConstantStatistics(
      minimum: finite.min(),
      maximum: finite.max(),
      zeros: finite.count { $0 == zero },
      nonFinite: values.count - finite.count
    )
  }
}

extension ConstantStatistics {
  /// The statistics of two parts together.
  func joined(_ other: ConstantStatistics) -> ConstantStatistics {
    ConstantStatistics(
      minimum: [minimum, other.minimum].compactMap { $0 }.min(),
      maximum: [maximum, other.maximum].compactMap { $0 }.max(),
      zeros: zeros + other.zeros,
      nonFinite: nonFinite + other.nonFinite
    )
  }
}

extension CStatistics.statistics_type {
  /// The loop for an element type; `nil` where there is none.
  fileprivate init?(_ type: ElementType) {
    switch type {
    case .float32: self = STATISTICS_FLOAT32
    case .float64: self = STATISTICS_FLOAT64
    case .float16: self = STATISTICS_FLOAT16
    case .bfloat16: self = STATISTICS_BFLOAT16
    case .int8: self = STATISTICS_INT8
    case .uint8, .bool: self = STATISTICS_UINT8
    case .int16: self = STATISTICS_INT16
    case .int32: self = STATISTICS_INT32
    case .int64: self = STATISTICS_INT64
    case .int4: self = STATISTICS_INT4
    case .uint4: self = STATISTICS_UINT4
    default: return nil
    }
  }
}
