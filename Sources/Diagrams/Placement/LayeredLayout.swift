/// Lays out a column in rows by ourselves, in time that grows with the number of boxes and lines.
///
/// The steps of Sugiyama, Tagawa and Toda ("Methods for Visual Understanding of Hierarchical System
/// Structures", 1981) without dummy boxes: rows by the longest way, order within a row by the mean
/// place of what a box is joined to, places pulled towards that mean. Lines may cross boxes.
struct LayeredLayout {
  private static let columnGap = 24.0
  private static let rowGap = 36.0
  private static let sweeps = 4

  static func layout(of problem: ColumnProblem) -> ColumnLayout {
    let count = problem.vertices.count
    guard count > 0 else {
      return ColumnLayout(size: Size(1, 1), centers: [], ways: [], frames: [], quality: .layered)
    }
    let rows = self.rows(of: problem)
    var joined = Array(repeating: [Int](), count: count)
    for line in problem.lines {
      joined[line.source].append(line.target)
      joined[line.target].append(line.source)
    }
    var x = Array(repeating: 0.0, count: count)
    var ordered = rows
    for row in ordered.indices { spread(ordered[row], problem, &x) { _ in 0 } }
    for sweep in 0..<sweeps {
      let isDown = sweep % 2 == 0
      for row in isDown ? Array(ordered.indices) : ordered.indices.reversed() {
        let wanted = ordered[row].map { vertex in
          let others = joined[vertex]
          return others.isEmpty
            ? x[vertex] : others.reduce(0) { $0 + x[$1] } / Double(others.count)
        }
        let places = ordered[row].indices.sorted {
          (wanted[$0], ordered[row][$0]) < (wanted[$1], ordered[row][$1])
        }
        let targets = places.map { wanted[$0] }
        ordered[row] = places.map { ordered[row][$0] }
        spread(ordered[row], problem, &x) { targets[$0] }
      }
    }
    return placed(ordered, x, problem)
  }

  /// The vertices of each row; entries are in the first one, exits in the last one.
  private static func rows(of problem: ColumnProblem) -> [[Int]] {
    let count = problem.vertices.count
    var row = Array(repeating: 0, count: count)
    var outgoing = Array(repeating: [Int](), count: count)
    for line in problem.lines where line.source < line.target || isPort(problem, line) {
      outgoing[line.source].append(line.target)
    }
    // Entries were added behind the nodes, but lead to them.
    let order = problem.vertices.indices.sorted { left, right in
      (phase(problem, left), left) < (phase(problem, right), right)
    }
    for vertex in order {
      for target in outgoing[vertex] { row[target] = max(row[target], row[vertex] + 1) }
    }
    let last = row.max() ?? 0
    for vertex in order where phase(problem, vertex) == 2 { row[vertex] = last }
    var rows = Array(repeating: [Int](), count: last + 1)
    for vertex in order { rows[row[vertex]].append(vertex) }
    return rows.filter { !$0.isEmpty }
  }

  private static func isPort(_ problem: ColumnProblem, _ line: ColumnProblem.Line) -> Bool {
    phase(problem, line.source) != 1 || phase(problem, line.target) != 1
  }

  private static func phase(_ problem: ColumnProblem, _ vertex: Int) -> Int {
    switch problem.vertices[vertex].kind {
    case .entry: 0
    case .node: 1
    case .exit: 2
    }
  }

  /// Puts the vertices of a row beside each other, as near as may be to where they should be.
  private static func spread(
    _ row: [Int],
    _ problem: ColumnProblem,
    _ x: inout [Double],
    _ target: (Int) -> Double
  ) {
    var edge = -Double.infinity
    var shift = 0.0
    for (place, vertex) in row.enumerated() {
      let half = problem.vertices[vertex].size.width / 2
      x[vertex] = max(target(place), edge + half)
      shift += x[vertex] - target(place)
      edge = x[vertex] + half + columnGap
    }
    // What was pushed to the right is moved back to the middle.
    let mean = row.isEmpty ? 0 : shift / Double(row.count)
    for vertex in row { x[vertex] -= mean }
  }

  private static func placed(_ rows: [[Int]], _ x: [Double], _ problem: ColumnProblem)
    -> ColumnLayout
  {
    let left = problem.vertices.indices.map { x[$0] - problem.vertices[$0].size.width / 2 }.min()
    let right = problem.vertices.indices.map { x[$0] + problem.vertices[$0].size.width / 2 }.max()
    let origin = left ?? 0
    var centers = Array(repeating: Point(0, 0), count: problem.vertices.count)
    var y = 0.0
    for row in rows {
      let height = row.map { problem.vertices[$0].size.height }.max() ?? 0
      for vertex in row { centers[vertex] = Point(x[vertex] - origin, y + height / 2) }
      y += height + rowGap
    }
    return ColumnLayout(
      size: Size((right ?? 0) - origin, max(y - rowGap, 1)),
      centers: centers,
      ways: problem.lines.map { line in
        way(
          from: centers[line.source],
          problem.vertices[line.source].size,
          to: centers[line.target],
          problem.vertices[line.target].size
        )
      },
      frames: [],
      quality: .layered
    )
  }

  /// A curve from the lower edge of a box to the upper edge of another.
  static func way(from source: Point, _ sourceSize: Size, to target: Point, _ targetSize: Size)
    -> [Point]
  {
    let start = Point(source.x, source.y + sourceSize.height / 2)
    let end = Point(target.x, target.y - targetSize.height / 2)
    let bend = max(abs(end.y - start.y) * 0.4, 12)
    return [start, Point(start.x, start.y + bend), Point(end.x, end.y - bend), end]
  }
}
