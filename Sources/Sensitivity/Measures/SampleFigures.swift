import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What a change did to the outputs of one sample.
package struct SampleFigures: Equatable, Sendable {
  /// In the unit of the metric; NaN where an output is no finite number.
  package var divergence: Double
  /// `Σ (y − ŷ)²`.
  package var errorSquares: Double
  /// `Σ y²`.
  package var referenceSquares: Double
  /// `y · ŷ / (‖y‖ ‖ŷ‖)`.
  package var cosine: Double
  /// The share of positions with the same most likely class; NaN where there are no classes.
  package var agreement: Double
  /// Whether the most likely class is the label; `nil` without labels.
  package var isCorrect: Bool?
  /// Whether the label is among the five most likely of ten or more classes.
  package var isAmongFive: Bool?

  /// The bytes of `encoded`.
  static let byteCount = 42

  /// The numbers as bytes, little-endian.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for number in [divergence, errorSquares, referenceSquares, cosine, agreement] {
      for shift in 0..<8 {
        bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(8 * shift)))
      }
    }
    for flag in [isCorrect, isAmongFive] { bytes.append(flag.map { $0 ? 1 : 0 } ?? 2) }
    return bytes
  }

  init(
    divergence: Double,
    errorSquares: Double,
    referenceSquares: Double,
    cosine: Double,
    agreement: Double,
    isCorrect: Bool?,
    isAmongFive: Bool?
  ) {
    self.divergence = divergence
    self.errorSquares = errorSquares
    self.referenceSquares = referenceSquares
    self.cosine = cosine
    self.agreement = agreement
    self.isCorrect = isCorrect
    self.isAmongFive = isAmongFive
  }

  /// Reads what `encoded` wrote; `nil` where bytes are missing.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    let start = bytes.startIndex
    let numbers = (0..<5).map { index in
      Double(
        bitPattern: (0..<8).reduce(UInt64(0)) {
          $0 | UInt64(bytes[start + 8 * index + $1]) << UInt64(8 * $1)
        }
      )
    }
    let flags = bytes[(start + 40)...].map { $0 == 2 ? nil : $0 == 1 }
    self.init(
      divergence: numbers[0],
      errorSquares: numbers[1],
      referenceSquares: numbers[2],
      cosine: numbers[3],
      agreement: numbers[4],
      isCorrect: flags[0],
      isAmongFive: flags[1]
    )
  }
}

extension OutputMeasure {
  /// Compares the outputs of a changed model with those of the float model.
  ///
  /// - Parameters:
  ///   - changed: A tensor for each target.
  ///   - reference: The float model's.
  ///   - label: The sample's class.
  /// - Returns: The sample's figures.
  package func figures(
    _ changed: [Tensor],
    reference: [Tensor],
    label: Int?
  ) -> SampleFigures {
    var divergences: [Double] = []
    var errors = 0.0
    var squares = 0.0
    var changedSquares = 0.0
    var product = 0.0
    var agreeing = 0
    var rowCount = 0
    var isCorrect: Bool?
    var isAmongFive: Bool?
    var isFinite = true
    for (index, target) in targets.enumerated() {
      guard
        case .floats(let y)? = reference.indices.contains(index) ? reference[index].elements : nil,
        case .floats(let z)? = changed.indices.contains(index) ? changed[index].elements : nil,
        y.count == z.count
      else {
        isFinite = false
        continue
      }
      var targetErrors = 0.0
      var targetSquares = 0.0
      for (a, b) in zip(y, z) {
        let first = Double(a)
        let second = Double(b)
        targetErrors += (first - second) * (first - second)
        targetSquares += first * first
        changedSquares += second * second
        product += first * second
      }
      isFinite = isFinite && targetErrors.isFinite && targetSquares.isFinite
      errors += targetErrors
      squares += targetSquares
      if metric == .relativeMSE {
        divergences.append(targetErrors == 0 ? 0 : targetErrors / targetSquares)
      }
      guard let scores = target.scores else { continue }
      let rows = ScoreRows(reference[index].sizes, scores)
      var divergence = 0.0
      for row in 0..<rows.rowCount {
        let before = rows.row(row, of: y)
        let after = rows.row(row, of: z)
        if metric == .kl { divergence += rows.divergence(before, after) }
        rowCount += 1
        if rows.best(before) == rows.best(after) { agreeing += 1 }
        if let label, targets.count == 1, rows.rowCount == 1 {
          isCorrect = rows.best(after) == label
          if rows.width >= 10 { isAmongFive = rows.isAmong(5, label, after) }
        }
      }
      if metric == .kl { divergences.append(divergence / Double(max(rows.rowCount, 1))) }
    }
    let mean = divergences.reduce(0, +) / Double(max(divergences.count, 1))
    let norm = (squares * changedSquares).squareRoot()
    return SampleFigures(
      divergence: isFinite && mean.isFinite && !divergences.isEmpty ? mean : .nan,
      errorSquares: errors,
      referenceSquares: squares,
      cosine: norm > 0 ? product / norm : errors == 0 ? 1 : 0,
      agreement: rowCount > 0 ? Double(agreeing) / Double(rowCount) : .nan,
      isCorrect: isCorrect,
      isAmongFive: isAmongFive
    )
  }
}
