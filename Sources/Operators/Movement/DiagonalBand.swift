import ModelIR

extension OperatorDefinition {
  /// Matrices with given diagonals: (diagonals, k?, rows?, columns?, fill?).
  ///
  /// `k` is one diagonal or the lowest and highest of a range. Shorter diagonals stand at the left or
  /// right of their rows, as `align` says: `RIGHT_LEFT` means right above the main one, left below.
  /// Sources: TensorFlow MatrixDiagV2, MatrixDiagV3.
  static let matrixDiagV3 = OperatorDefinition.movement(
    "matrixDiagV3",
    "Puts vectors on diagonals of matrices.",
    inputs: 1...5,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      guard let band = try DiagonalBand(context, operand: 1) else {
        return [input.with(.unknownRank)]
      }
      let axes = band.storedAxes
      guard dimensions.count >= axes else { throw .invalid("\(input.shape) has no diagonals") }
      let batch = Array(dimensions.dropLast(axes))
      guard let longest = dimensions[dimensions.count - 1].size,
        let matrix = try DiagonalMatrix(context, band, longest: longest)
      else { return [input.with(.ranked(batch + [.unknown, .unknown]))] }
      return [input.with(.ranked(batch + [.fixed(matrix.rows), .fixed(matrix.columns)]))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let band = try DiagonalBand(context.operatorContext, operand: 1),
        input.rank >= band.storedAxes, let longest = input.sizes.last,
        let matrix = try DiagonalMatrix(context.operatorContext, band, longest: longest)
      else { throw .invalid("the diagonals are not known") }
      let batch = Array(input.sizes.dropLast(band.storedAxes))
      let count = try Tensor.checkedCount(batch + [matrix.rows, matrix.columns])
      let layout = try band.layout(matrix.rows, matrix.columns)
      guard layout.longest == longest,
        band.storedAxes == 1 || input.sizes[input.rank - 2] == band.count
      else { throw .invalid("diagonals of shape \(input.shape) in matrices of \(matrix)") }
      let offsets = layout.matrixOffsets(count: count)
      return [
        try input.gathering(
          offsets: offsets,
          sizes: batch + [matrix.rows, matrix.columns],
          fill: context.optionalInput(4)
        )
      ]
    }
  )

  /// Diagonals of matrices: (matrices, k?, fill?).
  ///
  /// Sources: TensorFlow MatrixDiagPart, MatrixDiagPartV2, MatrixDiagPartV3.
  static let matrixDiagPartV3 = OperatorDefinition.movement(
    "matrixDiagPartV3",
    "Diagonals of matrices.",
    inputs: 1...3,
    types: diagonalPartTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(diagonalPartTypes)
      guard let band = try DiagonalBand(context.operatorContext, operand: 1) else {
        throw .invalid("the diagonals are not known")
      }
      let layout = try band.layout(input.sizes[input.rank - 2], input.sizes[input.rank - 1])
      let offsets = layout.diagonalOffsets(count: try Tensor.checkedCount(sizes))
      return [
        try input.gathering(offsets: offsets, sizes: sizes, fill: context.optionalInput(2))
      ]
    }
  )

  /// Matrices with diagonals replaced: (matrices, diagonals, k?).
  ///
  /// Sources: TensorFlow MatrixSetDiagV2, MatrixSetDiagV3.
  static let matrixSetDiagV3 = OperatorDefinition.movement(
    "matrixSetDiagV3",
    "Replaces diagonals of matrices.",
    inputs: 2...3,
    data: .all,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if let rank = input.shape.rank, rank < 2 { throw .invalid("\(input.shape) is no matrix") }
      return [input]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let diagonal = try context.input(1)
      guard input.rank >= 2, let band = try DiagonalBand(context.operatorContext, operand: 2)
      else { throw .invalid("\(input.shape) is no matrix, or the diagonals are not known") }
      let layout = try band.layout(input.sizes[input.rank - 2], input.sizes[input.rank - 1])
      let stored = band.storedAxes == 1 ? [layout.longest] : [band.count, layout.longest]
      guard diagonal.sizes == input.sizes.dropLast(2) + stored else {
        throw .invalid("diagonals of shape \(diagonal.shape) in \(input.shape)")
      }
      return [
        try input.scattering(diagonal, at: layout.diagonalOffsets(count: diagonal.count))
      ]
    }
  )
}

private func diagonalPartTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  guard dimensions.count >= 2 else { throw .invalid("\(input.shape) is no matrix") }
  guard let band = try DiagonalBand(context, operand: 1) else { return [input.with(.unknownRank)] }
  let batch = Array(dimensions.dropLast(2))
  var longest = Dimension.unknown
  if let rows = dimensions[dimensions.count - 2].size,
    let columns = dimensions[dimensions.count - 1].size
  {
    longest = .fixed(try band.layout(rows, columns).longest)
  }
  return [
    input.with(.ranked(batch + (band.storedAxes == 1 ? [] : [.fixed(band.count)]) + [longest]))
  ]
}

/// A range of diagonals; 0 is the main one, those above it are positive.
private struct DiagonalBand {
  var lower: Int
  var upper: Int
  /// Whether diagonals above the main one, and below it, stand at the right of their rows.
  var isRightAbove: Bool
  var isRightBelow: Bool

  var count: Int { upper - lower + 1 }
  /// The axes that hold the diagonals: one for a single diagonal, two for a range.
  var storedAxes: Int { lower == upper ? 1 : 2 }

  /// - Returns: The band; `nil` where the numbers are not known yet.
  init?(_ context: OperatorContext, operand: Int) throws(OperatorError) {
    let align = try context.attributes.string("align", default: "RIGHT_LEFT")
    let sides = align.split(separator: "_")
    guard sides.count == 2, sides.allSatisfy({ $0 == "LEFT" || $0 == "RIGHT" }) else {
      throw .invalid("align \"\(align)\"")
    }
    isRightAbove = sides[0] == "RIGHT"
    isRightBelow = sides[1] == "RIGHT"
    (lower, upper) = (0, 0)
    guard context.hasInput(operand) else { return }
    guard let values = context.integers(operand) else { return nil }
    let bound = Int(Int32.max)
    guard let first = values.first, let last = values.last, values.count <= 2, first <= last,
      first >= -bound, last <= bound
    else { throw .invalid("the diagonals \(values)") }
    (lower, upper) = (first, last)
  }

  func layout(_ rows: Int, _ columns: Int) throws(OperatorError) -> DiagonalLayout {
    let isThere =
      (lower > -max(rows, 1) && upper < max(columns, 1)) || rows == 0 || columns == 0
    guard isThere else {
      throw .invalid("the diagonals \(lower) to \(upper) of \(rows) × \(columns)")
    }
    return DiagonalLayout(band: self, rows: rows, columns: columns)
  }
}

/// The extents of matrices whose diagonals are given.
private struct DiagonalMatrix {
  var rows: Int
  var columns: Int

  /// Source: TensorFlow MatrixDiagV3: square where neither extent is stated.
  init?(_ context: OperatorContext, _ band: DiagonalBand, longest: Int) throws(OperatorError) {
    func stated(_ operand: Int) -> Int?? {
      guard context.hasInput(operand) else { return .some(nil) }
      guard let value = context.integers(operand)?.first else { return nil }
      return .some(value < 0 ? nil : value)
    }
    guard let rows = stated(2), let columns = stated(3), longest <= 1 << 40 else { return nil }
    let leastRows = longest - min(band.upper, 0)
    let leastColumns = longest + max(band.lower, 0)
    let square = max(leastRows, leastColumns)
    self.rows = rows ?? (columns == nil ? square : leastRows)
    self.columns = columns ?? (rows == nil ? square : leastColumns)
    guard self.rows >= leastRows, self.columns >= leastColumns else {
      throw .invalid("\(self.rows) × \(self.columns) is too small for diagonals of \(longest)")
    }
  }
}

/// Where the elements of a band stand in matrices and in the rows that list its diagonals.
private struct DiagonalLayout {
  let band: DiagonalBand
  let rows: Int
  let columns: Int

  /// The length of the longest diagonal.
  var longest: Int { max(0, min(rows + min(band.upper, 0), columns - max(band.lower, 0))) }

  /// How far a diagonal's elements are from the left of their row.
  private func shift(_ diagonal: Int) -> Int {
    let isRight =
      diagonal >= 0 && band.isRightAbove || diagonal <= 0 && band.isRightBelow
    guard isRight else { return 0 }
    return longest - min(columns - max(diagonal, 0), rows + min(diagonal, 0))
  }

  /// For each element of the matrices its place in the lists of diagonals; -1 beside the band.
  func matrixOffsets(count: Int) -> [Int] {
    let area = max(rows * columns, 1)
    return (0..<count).map { place in
      let (row, column) = (place % area / max(columns, 1), place % max(columns, 1))
      let diagonal = column - row
      guard (band.lower...band.upper).contains(diagonal) else { return -1 }
      let line = place / area * band.count + band.upper - diagonal
      return line * longest + column - max(diagonal, 0) + shift(diagonal)
    }
  }

  /// For each element of the lists its place in the matrices; -1 beside a diagonal.
  func diagonalOffsets(count: Int) -> [Int] {
    (0..<count).map { place in
      let line = place / longest
      let diagonal = band.upper - line % band.count
      let position = place % longest - shift(diagonal)
      let (row, column) = (position + max(-diagonal, 0), position + max(diagonal, 0))
      guard position >= 0, row < rows, column < columns else { return -1 }
      return (line / band.count * rows + row) * columns + column
    }
  }
}
