import ModelIR

/// Rates, a bandwidth and an overhead that explain measured times of operators.
///
/// An operator is taken to need `max(work / rate(type), bytes / bandwidth) + overhead`, as in
/// `LatencyModel`, and a measured step the sum over the operators that it computes. Which of the two
/// bounds an operator is not known beforehand: the division is guessed, the parts follow by least squares
/// of the relative error with no part below 0, and the parts give a new division, from several guesses;
/// the best is kept. Sources: Williams, Waterman, Patterson, "Roofline" (2009); Lawson, Hanson, "Solving
/// Least Squares Problems" (1974), chapter 23 (few unknowns: every set of non-zero parts is solved).
package struct LatencyFit: Sendable, Equatable {
  /// What one operator asks of a machine.
  package struct Demand: Sendable, Equatable {
    /// The type that decides the rate.
    package var type: ElementType
    /// Multiply-adds; other operations count as half of one.
    package var work: Double
    /// Bytes read and written.
    package var bytes: Double

    package init(type: ElementType, work: Double, bytes: Double) {
      self.type = type
      self.work = work
      self.bytes = bytes
    }
  }

  /// One measured step: an operator, and those that are computed with it.
  package struct Sample: Sendable, Equatable {
    package var demands: [Demand]
    package var seconds: Double

    package init(demands: [Demand], seconds: Double) {
      self.demands = demands
      self.seconds = seconds
    }
  }

  /// What a multiply-add of a type takes.
  package struct Rate: Sendable, Equatable {
    package var type: ElementType
    package var secondsPerMultiplyAdd: Double
  }

  /// Seconds for each operator and each byte.
  package private(set) var secondsPerOperator: Double
  package private(set) var secondsPerByte: Double
  /// One for each type, by its name.
  package private(set) var rates: [Rate]
  /// The samples that were used.
  package private(set) var sampleCount: Int
  /// |predicted − measured| / measured of each sample, the least first.
  package private(set) var relativeErrors: [Double] = []

  /// The median of the relative errors.
  package var medianRelativeError: Double { Statistic.quantile(relativeErrors, 0.5) }
  /// What nine of ten samples do not exceed.
  package var ninthDecileError: Double { Statistic.quantile(relativeErrors, 0.9) }

  /// - Parameter samples: More than there are unknowns, with times above 0; others are left out.
  package init?(_ samples: [Sample]) {
    let samples = samples.filter { $0.seconds > 0 && $0.seconds.isFinite && !$0.demands.isEmpty }
    let demands = samples.flatMap(\.demands)
    let types = Set(demands.filter { $0.work > 0 }.map(\.type)).sorted {
      $0.rawValue < $1.rawValue
    }
    // Beyond four types every set of parts would be too many to solve.
    guard samples.count > types.count + 1, types.count <= 4 else { return nil }
    let system = FitSystem(samples: samples, types: types)
    var best: (error: Double, parts: [Double])?
    // How many multiply-adds take as long as a byte: from all arithmetic to all memory.
    for balance in [0, 0.25, 1, 4, 16, 64, 256, 1_024, .infinity] {
      guard let found = system.settled(balance: balance) else { continue }
      if found.error < best?.error ?? .infinity { best = found }
    }
    guard let best else { return nil }
    secondsPerOperator = best.parts[0]
    secondsPerByte = best.parts[1]
    rates = zip(types, best.parts.dropFirst(2)).map {
      Rate(type: $0, secondsPerMultiplyAdd: $1)
    }
    sampleCount = samples.count
    relativeErrors = samples.map { abs(system.seconds($0, best.parts) / $0.seconds - 1) }.sorted()
  }

  /// The predicted seconds of a step.
  package func seconds(_ demands: [Demand]) -> Double {
    demands.reduce(0) { sum, demand in
      let rate = rates.first { $0.type == demand.type }?.secondsPerMultiplyAdd ?? 0
      return sum + secondsPerOperator + max(demand.work * rate, demand.bytes * secondsPerByte)
    }
  }
}

/// The equations of a fit: columns are the overhead, a byte, and a multiply-add of each type.
private struct FitSystem {
  let samples: [LatencyFit.Sample]
  let types: [ElementType]
  private let typePlaces: [ElementType: Int]

  init(samples: [LatencyFit.Sample], types: [ElementType]) {
    self.samples = samples
    self.types = types
    typePlaces = Dictionary(uniqueKeysWithValues: types.enumerated().map { ($1, $0 + 2) })
  }

  private func arithmetic(_ demand: LatencyFit.Demand, _ parts: [Double]) -> Double {
    typePlaces[demand.type].map { demand.work * parts[$0] } ?? 0
  }

  /// The time that parts predict.
  func seconds(_ sample: LatencyFit.Sample, _ parts: [Double]) -> Double {
    sample.demands.reduce(0) {
      $0 + parts[0] + max(arithmetic($1, parts), $1.bytes * parts[1])
    }
  }

  /// Divides, solves and divides again until nothing changes.
  ///
  /// - Returns: The parts with the least error on the way, and the sum of squared relative errors.
  func settled(balance: Double) -> (error: Double, parts: [Double])? {
    var isArithmetic = samples.map { sample in
      sample.demands.map { $0.work > 0 && $0.work >= balance * $0.bytes }
    }
    var best: (error: Double, parts: [Double])?
    for _ in 0..<32 {
      guard let parts = solution(isArithmetic) else { break }
      let error = samples.reduce(0.0) { sum, sample in
        let rest = seconds(sample, parts) / sample.seconds - 1
        return sum + rest * rest
      }
      if error < best?.error ?? .infinity { best = (error, parts) }
      let next = samples.map { sample in
        sample.demands.map {
          $0.work > 0 && arithmetic($0, parts) >= $0.bytes * parts[1]
        }
      }
      if next == isArithmetic { break }
      isArithmetic = next
    }
    return best
  }

  /// The parts for one division of the demands.
  private func solution(_ isArithmetic: [[Bool]]) -> [Double]? {
    // Each row is divided by its time, so that the target is 1 and the error relative.
    var rows: [[Double]] = []
    for (sample, division) in zip(samples, isArithmetic) {
      var row = Array(repeating: 0.0, count: types.count + 2)
      for (demand, isWork) in zip(sample.demands, division) {
        row[0] += 1 / sample.seconds
        if isWork, let place = typePlaces[demand.type] {
          row[place] += demand.work / sample.seconds
        } else {
          row[1] += demand.bytes / sample.seconds
        }
      }
      rows.append(row)
    }
    var best: (error: Double, parts: [Double])?
    for chosen in 1..<(1 << (types.count + 2)) {
      let columns = (0..<(types.count + 2)).filter { chosen & (1 << $0) != 0 }
      guard let solved = NormalEquations.solve(rows, columns) else { continue }
      var parts = Array(repeating: 0.0, count: types.count + 2)
      for (place, column) in columns.enumerated() { parts[column] = solved[place] }
      guard parts.allSatisfy({ $0 >= 0 && $0.isFinite }) else { continue }
      let error = rows.reduce(0.0) { sum, row in
        let rest = zip(row, parts).reduce(-1.0) { $0 + $1.0 * $1.1 }
        return sum + rest * rest
      }
      if error < best?.error ?? .infinity { best = (error, parts) }
    }
    return best?.parts
  }
}

/// Least squares with a target of 1.
private enum NormalEquations {
  /// The solution over some columns, scaled to equal norms; `nil` where they cannot be told apart.
  static func solve(_ rows: [[Double]], _ columns: [Int]) -> [Double]? {
    let norms = columns.map { column in
      rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot()
    }
    guard norms.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    let count = columns.count
    var matrix = (0..<count).map { left in
      (0..<count).map { right in
        rows.reduce(0) { $0 + $1[columns[left]] * $1[columns[right]] }
          / (norms[left] * norms[right])
      }
    }
    var target = (0..<count).map { place in
      rows.reduce(0) { $0 + $1[columns[place]] } / norms[place]
    }
    for pivot in 0..<count {
      let best = (pivot..<count).max { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) } ?? pivot
      // Columns that are nearly multiples of each other cannot be told apart.
      guard abs(matrix[best][pivot]) > 1e-9 else { return nil }
      matrix.swapAt(pivot, best)
      target.swapAt(pivot, best)
      for row in (pivot + 1)..<max(pivot + 1, count) {
        let factor = matrix[row][pivot] / matrix[pivot][pivot]
        for column in pivot..<count { matrix[row][column] -= factor * matrix[pivot][column] }
        target[row] -= factor * target[pivot]
      }
    }
    var solution = Array(repeating: 0.0, count: count)
    for row in (0..<count).reversed() {
      let rest = ((row + 1)..<max(row + 1, count)).reduce(0.0) {
        $0 + matrix[row][$1] * solution[$1]
      }
      solution[row] = (target[row] - rest) / matrix[row][row]
    }
    return zip(solution, norms).map { $0 / $1 }
  }
}

/// Figures of sorted lists.
private enum Statistic {
  /// The value below which a part of the sorted values lies, between neighbours by their distance.
  static func quantile(_ values: [Double], _ part: Double) -> Double {
    guard let last = values.last else { return 0 }
    let place = part * Double(values.count - 1)
    let index = Int(place)
    guard index + 1 < values.count else { return last }
    return values[index] + (values[index + 1] - values[index]) * (place - Double(index))
  }
}
