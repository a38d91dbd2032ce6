import CGraphviz

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What a child process may take.
package struct ChildLimits: Sendable, Equatable {
  /// Address space, in bytes.
  package var memory: Int
  /// Time of the processor, in milliseconds; on the wall it may be three times as long.
  package var milliseconds: Int

  package init(memory: Int = 512 << 20, milliseconds: Int = 10_000) {
    self.memory = memory
    self.milliseconds = milliseconds
  }
}

/// The process in which Graphviz and cairo run: this program, started again.
///
/// They are written in C, have seen many hostile inputs badly, and are not thread-safe; a process of
/// its own can be bounded and killed.
package enum GraphvizChild {
  /// Serves a request where the process was started for one.
  ///
  /// - Parameter arguments: The process's arguments without its name.
  /// - Returns: The exit status; `nil` where this is an ordinary start.
  package static func serve(_ arguments: [String]) -> Int32? {
    guard arguments.count == 1, let mode = arguments.first else { return nil }
    let status = graphviz_child_main(mode)
    return status < 0 ? nil : status
  }

  /// What a child answered, and how it ended.
  struct Answer {
    var bytes: [UInt8]
    var outcome: graphviz_outcome
  }

  static func ask(_ mode: String, _ request: [UInt8], _ limits: ChildLimits) -> Answer {
    var answer: UnsafeMutablePointer<UInt8>?
    var count = 0
    var status: Int32 = 0
    let bounds = graphviz_limits(
      memory: limits.memory,
      // The processor's time decides, so that a busy machine draws what an idle one does; the time on
      // the wall only ends what waits for ever.
      cpu_seconds: UInt32(clamping: (limits.milliseconds + 999) / 1000),
      milliseconds: UInt32(
        clamping: limits.milliseconds.multipliedReportingOverflow(by: 3).partialValue
      ),
      answer: 1 << 30
    )
    let outcome = graphviz_run_child(
      mode,
      request,
      request.count,
      bounds,
      &answer,
      &count,
      &status
    )
    defer { free(answer) }
    let bytes = Array(UnsafeBufferPointer(start: answer, count: answer == nil ? 0 : count))
    return Answer(bytes: bytes, outcome: outcome)
  }
}

/// Lays out columns by Graphviz' engine for layered graphs.
struct GraphvizLayout {
  let limits: ChildLimits

  /// Graphviz counts sizes in inches of 72 points; our unit is its point.
  private static let inch = 72.0
  /// A column with more boxes than this would take Graphviz longer than a reader waits: the time
  /// grows with the square of the boxes.
  static let mostVertices = 1500

  /// The layouts of the problems; `nil` for those that Graphviz did not finish.
  func layouts(of problems: [ColumnProblem], straight: Bool) -> [ColumnLayout?] {
    var request: [UInt8] = []
    var asked: [Int] = []
    for (index, problem) in problems.enumerated()
    where problem.vertices.count <= Self.mostVertices
      && problem.lines.count <= 4 * Self.mostVertices
    {
      let text = Array(Self.dot(problem, straight: straight).utf8)
      withUnsafeBytes(of: UInt64(text.count).littleEndian) { request += $0 }
      request += text
      asked.append(index)
    }
    var result: [ColumnLayout?] = Array(repeating: nil, count: problems.count)
    guard !asked.isEmpty else { return result }
    let answer = GraphvizChild.ask(GRAPHVIZ_LAYOUT_MODE, request, limits)
    var rest = answer.bytes[...]
    for index in asked {
      guard let lines = AnswerPart.next(&rest) else { break }
      guard case .bytes(let text) = lines else { continue }
      result[index] = Self.layout(
        String(decoding: text, as: UTF8.self),
        of: problems[index],
        straight: straight
      )
    }
    return result
  }

  // MARK: - Request

  private static func inches(_ value: Double) -> String {
    // Four decimals are a hundredth of a point.
    let units = Int((value / inch * 10_000).rounded())
    let fraction = String(units % 10_000)
    return "\(units / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
  }

  /// The problem in DOT: our own names, sizes that are fixed, no text.
  static func dot(_ problem: ColumnProblem, straight: Bool) -> String {
    var text = "digraph g {\nnewrank=true;nodesep=0.3;ranksep=0.42;\n"
    if straight { text += "splines=line;nslimit=0.2;nslimit1=0.2;mclimit=0.2;\n" }
    text += "node [shape=box,fixedsize=true,label=\"\"];\nedge [arrowhead=none];\n"
    text += frames(problem)
    var entries: [String] = []
    var exits: [String] = []
    for (index, vertex) in problem.vertices.enumerated() {
      let line =
        "v\(index) [width=\(inches(vertex.size.width)),height=\(inches(vertex.size.height))];"
      switch vertex.kind {
      case .node: if vertex.cluster == nil { text += line + "\n" }
      case .entry: entries.append(line)
      case .exit: exits.append(line)
      }
    }
    if !entries.isEmpty { text += "{rank=source;" + entries.joined() + "}\n" }
    if !exits.isEmpty { text += "{rank=sink;" + exits.joined() + "}\n" }
    for (index, line) in problem.lines.enumerated() {
      text += "v\(line.source)->v\(line.target) [id=e\(index)];\n"
    }
    return text + "}\n"
  }

  private static func frames(_ problem: ColumnProblem) -> String {
    var children = Array(repeating: [Int](), count: problem.frames.count)
    var members = children
    for (index, frame) in problem.frames.enumerated() {
      if let parent = frame.parent { children[parent].append(index) }
    }
    for (index, vertex) in problem.vertices.enumerated() {
      if let frame = vertex.cluster { members[frame].append(index) }
    }
    var text = ""
    // Frames nest a few levels at most; the stack keeps them from recursion all the same.
    var stack = problem.frames.indices.filter { problem.frames[$0].parent == nil }.reversed()
      .map { (frame: $0, isOpen: false) }
    while let top = stack.popLast() {
      guard !top.isOpen else {
        text += "}\n"
        continue
      }
      let width = Int(min(problem.frames[top.frame].labelWidth, 400)) + 8
      // An empty cell keeps the room of the label, which is drawn by us.
      text += "subgraph cluster_\(top.frame) { margin=10; label=<<TABLE FIXEDSIZE=\"TRUE\" "
      text += "WIDTH=\"\(width)\" HEIGHT=\"\(Int(NodeMetrics.frameLabelHeight))\" BORDER=\"0\">"
      text += "<TR><TD></TD></TR></TABLE>>;\n"
      for index in members[top.frame] {
        let size = problem.vertices[index].size
        text += "v\(index) [width=\(inches(size.width)),height=\(inches(size.height))];\n"
      }
      stack.append((top.frame, true))
      stack += children[top.frame].reversed().map { (frame: $0, isOpen: false) }
    }
    return text
  }

  // MARK: - Answer

  /// Reads what the child prints for one graph; `nil` where a part is missing.
  static func layout(_ text: String, of problem: ColumnProblem, straight: Bool) -> ColumnLayout? {
    var size: Size?
    var centers: [Point?] = Array(repeating: nil, count: problem.vertices.count)
    var ways: [[Point]] = Array(repeating: [], count: problem.lines.count)
    var frames: [(frame: Int, rectangle: Rectangle)] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3 else { continue }
      let (kind, name) = (parts[0], parts[1])
      let numbers = parts[2].split { $0 == "," || $0 == " " || $0 == ";" }.compactMap { Double($0) }
      guard numbers.allSatisfy(\.isFinite) else { return nil }
      switch kind {
      case "g":
        guard numbers.count == 4 else { return nil }
        size = Size(numbers[2], numbers[3])
      case "n":
        guard numbers.count == 2, let index = Int(name.dropFirst()), centers.indices.contains(index)
        else { return nil }
        centers[index] = Point(numbers[0], numbers[1])
      case "c":
        guard numbers.count == 4, let index = Int(name.dropFirst(8)) else { return nil }
        frames.append(
          (
            index,
            Rectangle(
              Point(numbers[0], numbers[3]),
              Size(numbers[2] - numbers[0], numbers[3] - numbers[1])
            )
          )
        )
      case "e":
        guard let index = Int(name.dropFirst()), ways.indices.contains(index) else { return nil }
        ways[index] = stride(from: 0, to: numbers.count - 1, by: 2).map {
          Point(numbers[$0], numbers[$0 + 1])
        }
      default: return nil
      }
    }
    // Graphviz counts y upwards.
    guard let size, !centers.contains(nil) else { return nil }
    func flipped(_ point: Point) -> Point { Point(point.x, size.height - point.y) }
    let found = centers.compactMap { $0 }.map(flipped)
    return ColumnLayout(
      size: size,
      centers: found,
      ways: zip(problem.lines, ways).map { line, way in
        way.count >= 4 && way.count % 3 == 1
          ? way.map(flipped)
          : straightWay(problem, line, found)
      },
      frames: frames.sorted { $0.frame < $1.frame }.map {
        ($0.frame, Rectangle(flipped($0.rectangle.origin), $0.rectangle.size))
      },
      quality: straight ? .straight : .curves
    )
  }

  private static func straightWay(
    _ problem: ColumnProblem,
    _ line: ColumnProblem.Line,
    _ centers: [Point]
  ) -> [Point] {
    LayeredLayout.way(
      from: centers[line.source],
      problem.vertices[line.source].size,
      to: centers[line.target],
      problem.vertices[line.target].size
    )
  }
}

/// A part of what a child printed.
enum AnswerPart {
  case bytes(ArraySlice<UInt8>)
  case problem(String)

  /// The next part; `nil` where the answer ends.
  static func next(_ rest: inout ArraySlice<UInt8>) -> AnswerPart? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    guard line.hasPrefix("ok "), let count = Int(line.dropFirst(3)) else {
      return .problem(line.hasPrefix("failed ") ? String(line.dropFirst(7)) : line)
    }
    guard count >= 0, count <= rest.count else { return nil }
    let bytes = rest.prefix(count)
    rest = rest.dropFirst(count)
    return .bytes(bytes)
  }
}
