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

  /// Elements of one piece: a few megabytes.
  private static let pieceElements = 1 << 20
  /// Progress is told after about this many bytes.
  private static let bytesBetweenReports = 256 << 20

  /// Fills in the statistics of every constant whose values are at hand.
  func read(
    _ model: Model,
    _ constants: inout [ModelProfile.ConstantRow],
    progress: (Int, Int) -> Void
  ) {
    let total = constants.reduce(0) { $0 + ($1.bytes ?? 0) }
    var batch: [(constant: Int, bytes: Bytes)] = []
    var batchBytes = 0
    var done = 0
    for index in constants.indices {
      let row = constants[index]
      guard let bytes = model[row.graph][row.value].constant?.bytes else { continue }
      guard CStatistics.statistics_type(row.type) != nil else {
        constants[index].statistics = decoded(row, model)
        continue
      }
      batch.append((constant: index, bytes: bytes))
      batchBytes += bytes.count
      guard batchBytes >= Self.bytesBetweenReports else { continue }
      run(batch, &constants)
      done += batchBytes
      progress(done, total)
      (batch, batchBytes) = ([], 0)
    }
    run(batch, &constants)
  }

  private func run(
    _ batch: [(constant: Int, bytes: Bytes)],
    _ constants: inout [ModelProfile.ConstantRow]
  ) {
    var jobs: [statistics_job] = []
    var owners: [Int] = []
    for (index, bytes) in batch {
      let row = constants[index]
      if row.elements == 0 {
        constants[index].statistics = .init(minimum: nil, maximum: nil, zeros: 0, nonFinite: 0)
      }
      guard let type = CStatistics.statistics_type(row.type),
        let needed = row.type.byteCount(elements: row.elements), needed <= bytes.count
      else { continue }
      // Only the address is kept: the constant's source stays mapped while the model is alive.
      let base = bytes.withUnsafeBytes { $0.baseAddress }
      let zeroPoint = Int64(row.quantization?.zeroPoint(0) ?? 0)
      var start = 0
      while start < row.elements {
        let count = min(Self.pieceElements, row.elements - start)
        let offset = row.type.byteCount(elements: start) ?? 0
        jobs.append(
          statistics_job(
            elements: base.map { $0 + offset },
            count: count,
            type: type,
            zero_point: zeroPoint,
            minimum: 0,
            maximum: 0,
            zeros: 0,
            non_finite: 0
          )
        )
        owners.append(index)
        start += count
      }
    }
    statistics_run(&jobs, jobs.count, Int32(clamping: threads))
    for (job, owner) in zip(jobs, owners) {
      let part = ConstantStatistics(
        minimum: job.minimum <= job.maximum ? job.minimum : nil,
        maximum: job.minimum <= job.maximum ? job.maximum : nil,
        zeros: job.zeros,
        nonFinite: job.non_finite
      )
      constants[owner].statistics = constants[owner].statistics.map { $0.joined(part) } ?? part
    }
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
