import ByteIO

/// The control flow of a TensorFlow 1 graph: which switches and merges make up which loop or choice.
///
/// A loop of a frame: `Enter` → `Merge`(Enter, NextIteration) → `Switch`(Merge, LoopCond), whose
/// result 0 leaves by `Exit` and whose result 1 is the body's; what does not change comes in by an
/// `Enter` with `is_constant`. A choice: `Switch`(data, predicate) sends data to result 0 (false) or 1
/// (true), `Merge` takes what arrives. `_SwitchN`(data, number) sends data to the result of that number,
/// the last one where there is none.
///
/// Source: Yu and others, "Dynamic Control Flow in Large-Scale Machine Learning" (2018), section 4.
struct LegacyControl: Sendable {
  /// A value that a loop carries: the numbers of its nodes.
  struct Carried: Sendable {
    var enter: Int
    var merge: Int
    var switching: Int
    var next: Int
  }

  struct Loop: Sendable {
    var frame: String
    /// The node `LoopCond`.
    var condition: Int
    var carried: [Carried] = []
    /// Merges and switches, by node, as places in `carried`.
    var merges: [Int: Int] = [:]
    var switches: [Int: Int] = [:]
  }

  struct Choice: Sendable {
    var predicate: String
    /// Whether a number chooses (`_SwitchN`), not a truth.
    var isNumbered = false
    /// The merges in the order of the file, each with what arrives from each side: where the predicate
    /// is false, true, or the number is 0, 1, ….
    var merges: [(node: Int, sources: [String])] = []
  }

  var loops: [Loop] = []
  /// The loop that a switch or merge belongs to.
  var loopOfSwitch: [Int: Int] = [:]
  var loopOfMerge: [Int: Int] = [:]
  var choices: [Choice] = []
  /// The choice that a merge belongs to, and its place in it.
  var choiceOfMerge: [Int: (choice: Int, place: Int)] = [:]

  init(_ body: SourceBody) throws(ReadError) {
    guard body.nodes.contains(where: { Self.isSwitch($0.op) }) else { return }
    try findLoops(body)
    findChoices(body)
  }

  static func isSwitch(_ op: String) -> Bool {
    op == "Switch" || op == "RefSwitch" || isNumbered(op)
  }
  static func isNumbered(_ op: String) -> Bool { op == "_SwitchN" || op == "SwitchN" }
  static func isMerge(_ op: String) -> Bool { op == "Merge" || op == "RefMerge" }
  static func isEnter(_ op: String) -> Bool { op == "Enter" || op == "RefEnter" }
  static func isExit(_ op: String) -> Bool { op == "Exit" || op == "RefExit" }
  static func isNext(_ op: String) -> Bool { op == "NextIteration" || op == "RefNextIteration" }

  /// The node that a name means and which result of it.
  static func split(_ text: String) -> (node: Substring, port: Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...])
    else { return (text[...], 0) }
    let head = text[..<colon]
    // A function's form: node:result:index.
    if let inner = head.lastIndex(of: ":") { return (head[..<inner], port) }
    return (head, port)
  }

  /// The node that a name means, past identities.
  static func origin(_ text: String, in body: SourceBody) -> Int? {
    var text = text
    for _ in 0...body.nodes.count {
      guard let index = body.indices[String(split(text).node)] else { return nil }
      let node = body.nodes[index]
      guard node.op == "Identity" || node.op == "RefIdentity", let input = node.inputs.first else {
        return index
      }
      text = input
    }
    return nil
  }

  private mutating func findLoops(_ body: SourceBody) throws(ReadError) {
    var places: [Int: Int] = [:]
    for (index, node) in body.nodes.enumerated() where Self.isSwitch(node.op) {
      guard node.inputs.count == 2, let condition = Self.origin(node.inputs[1], in: body),
        body.nodes[condition].op == "LoopCond",
        let merge = body.indices[String(Self.split(node.inputs[0]).node)],
        Self.isMerge(body.nodes[merge].op), body.nodes[merge].inputs.count == 2,
        let enter = body.indices[String(Self.split(body.nodes[merge].inputs[0]).node)],
        Self.isEnter(body.nodes[enter].op), body.nodes[enter].inputs.count == 1,
        let next = body.indices[String(Self.split(body.nodes[merge].inputs[1]).node)],
        Self.isNext(body.nodes[next].op), body.nodes[next].inputs.count == 1
      else { continue }
      let frame = try body.nodes[enter].attribute("frame_name")?.text?.string ?? ""
      let loop: Int
      if let known = places[condition] {
        loop = known
      } else {
        loop = loops.count
        places[condition] = loop
        loops.append(Loop(frame: frame, condition: condition))
      }
      loops[loop].merges[merge] = loops[loop].carried.count
      loops[loop].switches[index] = loops[loop].carried.count
      loops[loop].carried.append(
        Carried(enter: enter, merge: merge, switching: index, next: next)
      )
      loopOfSwitch[index] = loop
      loopOfMerge[merge] = loop
    }
  }

  /// Finds for each merge the choice that it ends.
  ///
  /// Every node has a stack of (predicate, side) that its operands were switched by, the longest one
  /// counts; a merge of two stacks that differ in the last side only takes that one away.
  private mutating func findChoices(_ body: SourceBody) {
    struct Frame: Hashable {
      var parent: Int
      var predicate: Int
      var side: Int
      var isNumbered: Bool
    }
    var frames: [Frame] = []
    var depths: [Int] = []
    var numbers: [Frame: Int] = [:]
    // -1 is the empty stack.
    func depth(_ frame: Int) -> Int { frame < 0 ? 0 : depths[frame] }
    var stack = Array(repeating: -1, count: body.nodes.count)
    var choiceNumbers: [[Int]: Int] = [:]
    for index in Self.order(of: body) {
      let node = body.nodes[index]
      func context(_ text: String) -> Int {
        let (name, port) = Self.split(text)
        guard let source = body.indices[String(name)] else { return -1 }
        guard Self.isSwitch(body.nodes[source].op), loopOfSwitch[source] == nil,
          body.nodes[source].inputs.count == 2,
          case let isNumbered = Self.isNumbered(body.nodes[source].op),
          port >= 0, isNumbered || port <= 1,
          let predicate = Self.origin(body.nodes[source].inputs[1], in: body)
        else { return stack[source] }
        let frame = Frame(
          parent: stack[source],
          predicate: predicate,
          side: port,
          isNumbered: isNumbered
        )
        if let known = numbers[frame] { return known }
        frames.append(frame)
        depths.append(depth(frame.parent) + 1)
        numbers[frame] = frames.count - 1
        return frames.count - 1
      }
      let arriving = node.inputs.map(context)
      if Self.isMerge(node.op), loopOfMerge[index] == nil, node.inputs.count >= 2 {
        guard let deepest = arriving.max(by: { depth($0) < depth($1) }), deepest >= 0 else {
          continue
        }
        let frame = frames[deepest]
        guard frame.isNumbered || node.inputs.count == 2 else { continue }
        var sources = Array(repeating: String?.none, count: node.inputs.count)
        var unplaced: [String] = []
        var isChoice = true
        for (text, other) in zip(node.inputs, arriving) {
          if other >= 0, frames[other].parent == frame.parent,
            frames[other].predicate == frame.predicate
          {
            let side = frames[other].side
            isChoice = isChoice && sources.indices.contains(side) && sources[side] == nil
            if isChoice { sources[side] = text }
          } else {
            isChoice = isChoice && (other < 0 || other == frame.parent)
            unplaced.append(text)
          }
        }
        // An operand that was not switched (a constant without a control edge) is that of the side
        // that is left.
        for side in sources.indices where sources[side] == nil && !unplaced.isEmpty {
          sources[side] = unplaced.removeFirst()
        }
        let placed = sources.compactMap { $0 }
        guard isChoice, placed.count == node.inputs.count else { continue }
        stack[index] = frame.parent
        let key = [frame.parent, frame.predicate]
        let choice = choiceNumbers[key] ?? choices.count
        if choice == choices.count {
          choiceNumbers[key] = choice
          choices.append(
            Choice(predicate: body.nodes[frame.predicate].name, isNumbered: frame.isNumbered)
          )
        }
        guard choices[choice].merges.first.map({ $0.sources.count == placed.count }) ?? true else {
          continue
        }
        choiceOfMerge[index] = (choice, choices[choice].merges.count)
        choices[choice].merges.append((index, placed))
        continue
      }
      for frame in arriving + node.controls.map(context) where depth(frame) > depth(stack[index]) {
        stack[index] = frame
      }
    }
  }

  /// In how many loops and sides of choices each node stands.
  static func depths(of body: SourceBody) -> [Int] {
    var depths = Array(repeating: 0, count: body.nodes.count)
    guard body.nodes.contains(where: { isSwitch($0.op) }) else { return depths }
    for index in order(of: body) {
      let node = body.nodes[index]
      var depth = 0
      for text in node.inputs + node.controls {
        guard let source = body.indices[String(split(text).node)] else { continue }
        depth = max(depth, depths[source])
      }
      // Merge(Enter, NextIteration) begins a loop's values, any other one ends a choice.
      let beginsLoop = node.inputs.contains { text in
        body.indices[String(split(text).node)].map { isEnter(body.nodes[$0].op) } ?? false
      }
      let isLoopSwitch =
        node.inputs.count == 2
        && origin(node.inputs[1], in: body).map { body.nodes[$0].op == "LoopCond" } ?? false
      if isEnter(node.op) || (isSwitch(node.op) && !isLoopSwitch) { depth += 1 }
      if isExit(node.op) || (isMerge(node.op) && !beginsLoop) { depth = max(0, depth - 1) }
      depths[index] = depth
    }
    return depths
  }

  /// The nodes, operands first; the edges that close loops are left out.
  private static func order(of body: SourceBody) -> [Int] {
    var waiting = Array(repeating: 0, count: body.nodes.count)
    var readers: [[Int]] = Array(repeating: [], count: body.nodes.count)
    for (index, node) in body.nodes.enumerated() {
      for text in node.inputs + node.controls {
        guard let source = body.indices[String(split(text).node)],
          !isNext(body.nodes[source].op)
        else { continue }
        waiting[index] += 1
        readers[source].append(index)
      }
    }
    var ready = body.nodes.indices.filter { waiting[$0] == 0 }
    var position = 0
    while position < ready.count {
      for reader in readers[ready[position]] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.append(reader) }
      }
      position += 1
    }
    return ready
  }
}
