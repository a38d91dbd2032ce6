import Calibration

/// Weights as indices into a table of centroids, one table a tensor.
///
/// Lloyd's iteration from centroids that are evenly spaced between the least and the greatest weight,
/// which keeps the few large weights apart (Han, Mao and Dally 2015, "Deep Compression", section 3.1).
/// On a line the nearest centroid is found among sorted ones, and a centroid that no weight is nearest
/// to stays where it is.
struct SharedWeights: WeightCoding {
  var centroids: Int

  var name: String { "kmeans-\(centroids)" }

  init?(_ name: String) {
    guard let count = [16, 32, 64, 256].first(where: { name == "kmeans-\($0)" }) else { return nil }
    centroids = count
  }

  /// More rounds than any layer of the models that were looked at needs to settle.
  private static let rounds = 100

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    let values = weights.values
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    let sorted = order.map { Double(values[$0]) }
    var sums = [0.0]
    for value in sorted { sums.append(sums[sums.count - 1] + value) }
    let least = sorted.first ?? 0
    let greatest = sorted.last ?? 0
    var table = (0..<centroids).map { index in
      least + (greatest - least) * Double(index) / Double(centroids - 1)
    }
    var ends: [Int] = []
    for _ in 0..<Self.rounds {
      let next = Self.ends(sorted, table)
      if next == ends { break }
      ends = next
      var start = 0
      for index in table.indices {
        if ends[index] > start {
          table[index] = (sums[ends[index]] - sums[start]) / Double(ends[index] - start)
        }
        start = ends[index]
      }
    }
    var codes = [Int32](repeating: 0, count: values.count)
    var place = 0
    for (index, end) in Self.ends(sorted, table).enumerated() {
      while place < end {
        codes[order[place]] = Int32(index)
        place += 1
      }
    }
    let numbers = table.map { Float($0) }
    let bits = (centroids - 1).bitWidth - (centroids - 1).leadingZeroBitCount
    return CodedWeights(
      values: codes.map { numbers[Int($0)] },
      codes: codes,
      scales: numbers,
      bytes: CodingSize.packed(codes.count, bits: bits) + centroids * CodingSize.scaleBytes,
      nearest: { _, _, value in
        numbers.min { ($0 - value).magnitude < ($1 - value).magnitude } ?? value
      }
    )
  }

  /// For each centroid, the end of the sorted weights that are nearest to it; ties go to the lower one.
  private static func ends(_ sorted: [Double], _ table: [Double]) -> [Int] {
    var ends: [Int] = []
    var start = 0
    for index in table.indices {
      guard index + 1 < table.count else {
        ends.append(sorted.count)
        break
      }
      let border = (table[index] + table[index + 1]) / 2
      var low = start
      var high = sorted.count
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] <= border { low = middle + 1 } else { high = middle }
      }
      ends.append(low)
      start = low
    }
    return ends
  }
}

extension Technique {
  static let sharedWeights = Technique(
    "shared-weights",
    "Weights as indices into a table of centroids (k-means).",
    kind: .weights,
    examples: ["kmeans-16", "kmeans-32", "kmeans-64", "kmeans-256"]
  ) { SharedWeights($0).map { .weights($0) } }
}
