import ByteIO
import ModelIR
import WireFormats

/// Loops and choices: they become nodes with nested graphs.
extension GraphBuilder {
  // MARK: - TensorFlow 2: functions

  /// A loop whose condition and body are functions.
  ///
  /// What the body hands on unchanged (weights, handles) is no value of the loop: the nested graphs
  /// see the value around them.
  mutating func functionalWhile(
    _ place: Reference,
    node index: Int,
    port: Int
  ) throws(ReadError) -> Step {
    let node = bodies[scopes[place.scope].body].nodes[index]
    let (number, isNew) = try instance(place.draft, place.scope, index, op: "While")
    if isNew {
      guard let condition = try node.attribute("cond")?.function,
        let body = try node.attribute("body")?.function
      else {
        throw ReadError(.modelInvalid, "a loop names no functions", at: node.range.lowerBound)
      }
      let condGraph = try addDraft(condition, parent: place.draft, owner: number)
      let bodyGraph = try addDraft(body, parent: place.draft, owner: number)
      let condScope = try addScope(calling: condition, from: place.scope, node: node.name)
      let bodyScope = try addScope(calling: body, from: place.scope, node: node.name)
      let function = bodies[scopes[bodyScope].body]
      guard function.arguments.count == node.inputs.count,
        function.results.count == node.inputs.count,
        bodies[scopes[condScope].body].arguments.count == node.inputs.count,
        !bodies[scopes[condScope].body].results.isEmpty
      else {
        throw ReadError(
          .modelInvalid,
          "the functions of a loop do not take what it carries",
          at: node.range.lowerBound
        )
      }
      var map: [Int?] = []
      var carried: [Int] = []
      for (argument, result) in zip(function.arguments.indices, function.results) {
        let isConstant =
          Self.argument(result.source, in: function) == function.arguments[argument].name
        map.append(isConstant ? nil : carried.count)
        if !isConstant { carried.append(argument) }
      }
      for (graph, scope) in [(condGraph, condScope), (bodyGraph, bodyScope)] {
        let names = bodies[scopes[scope].body].arguments
        for (argument, text) in node.inputs.enumerated() {
          if let position = map[argument] {
            scopes[scope].arguments[names[argument].name] = .input(draft: graph, index: position)
            drafts[graph].inputs.append(
              (names[argument].name, DataType.element(names[argument].type), .unknownRank)
            )
          } else {
            scopes[scope].arguments[names[argument].name] = .link(
              Reference(draft: place.draft, scope: place.scope, text: text)
            )
          }
        }
      }
      drafts[place.draft].instances[number].portMap = map
      drafts[place.draft].instances[number].portCount = carried.count
      drafts[place.draft].instances[number].nested = [
        ("conditionGraph", condGraph), ("bodyGraph", bodyGraph),
      ]
      pending.append(
        .outputs(
          draft: condGraph,
          references: [
            Reference(
              draft: condGraph,
              scope: condScope,
              text: bodies[scopes[condScope].body].results[0].source
            )
          ]
        )
      )
      pending.append(
        .outputs(
          draft: bodyGraph,
          references: carried.map {
            Reference(draft: bodyGraph, scope: bodyScope, text: function.results[$0].source)
          }
        )
      )
      pending.append(
        .inputs(
          draft: place.draft,
          instance: number,
          references: carried.map {
            Reference(draft: place.draft, scope: place.scope, text: node.inputs[$0])
          }
        )
      )
    }
    guard let map = drafts[place.draft].instances[number].portMap, map.indices.contains(port) else {
      throw ReadError(
        .modelInvalid,
        "a loop has no result \(port)",
        at: node.range.lowerBound
      )
    }
    guard let position = map[port] else {
      return .next(Reference(draft: place.draft, scope: place.scope, text: node.inputs[port]))
    }
    return .found(.node(draft: place.draft, instance: number, port: position))
  }

  /// The argument that a function hands on unchanged.
  private static func argument(_ text: String, in body: SourceBody) -> String? {
    var text = text
    for _ in 0...body.nodes.count {
      if body.arguments.contains(where: { $0.name == text }) { return text }
      let (name, port) = LegacyControl.split(text)
      guard port == 0, let index = body.indices[String(name)] else { return nil }
      let node = body.nodes[index]
      guard node.op == "Identity", let input = node.inputs.first else { return nil }
      text = input
    }
    return nil
  }

  /// A choice between functions; their arguments are values around them.
  mutating func functionalChoice(
    _ place: Reference,
    node index: Int,
    port: Int
  ) throws(ReadError) -> Step {
    let node = bodies[scopes[place.scope].body].nodes[index]
    let isCase = node.op.hasSuffix("Case")
    let (number, isNew) = try instance(
      place.draft,
      place.scope,
      index,
      op: isCase ? "Case" : "If"
    )
    if isNew {
      var names: [String] = []
      if isCase {
        names = try node.attribute("branches")?.functions ?? []
      } else {
        for name in ["then_branch", "else_branch"] {
          if let function = try node.attribute(name)?.function { names.append(function) }
        }
      }
      guard !names.isEmpty, isCase || names.count == 2, let condition = node.inputs.first else {
        throw ReadError(.modelInvalid, "a choice names no functions", at: node.range.lowerBound)
      }
      var count: Int?
      for (branch, name) in names.enumerated() {
        let graph = try addDraft(name, parent: place.draft, owner: number)
        let scope = try addScope(calling: name, from: place.scope, node: node.name)
        let function = bodies[scopes[scope].body]
        guard function.arguments.count == node.inputs.count - 1,
          count == nil || count == function.results.count
        else {
          throw ReadError(
            .modelInvalid,
            "the functions of a choice do not fit each other or what it takes",
            at: node.range.lowerBound
          )
        }
        count = function.results.count
        for (argument, text) in zip(function.arguments, node.inputs.dropFirst()) {
          scopes[scope].arguments[argument.name] = .link(
            Reference(draft: place.draft, scope: place.scope, text: text)
          )
        }
        let attribute = isCase ? "branchGraphs" : branch == 0 ? "thenGraph" : "elseGraph"
        drafts[place.draft].instances[number].nested.append((attribute, graph))
        pending.append(
          .outputs(
            draft: graph,
            references: function.results.map {
              Reference(draft: graph, scope: scope, text: $0.source)
            }
          )
        )
      }
      drafts[place.draft].instances[number].portCount = max(1, count ?? 1)
      pending.append(
        .inputs(
          draft: place.draft,
          instance: number,
          references: [Reference(draft: place.draft, scope: place.scope, text: condition)]
        )
      )
    }
    guard port < drafts[place.draft].instances[number].portCount else {
      throw ReadError(.modelInvalid, "a choice has no result \(port)", at: node.range.lowerBound)
    }
    return .found(.node(draft: place.draft, instance: number, port: port))
  }

  // MARK: - TensorFlow 1: switches and merges

  /// The control flow of a scope's graph.
  mutating func control(of scope: Int) throws(ReadError) -> LegacyControl {
    if let known = scopes[scope].control { return known }
    let found = try LegacyControl(bodies[scopes[scope].body])
    scopes[scope].control = found
    return found
  }

  /// Where a node is the border of the region that a graph is made of: what is beyond it.
  mutating func border(
    _ place: Reference,
    node index: Int,
    port: Int
  ) throws(ReadError) -> Step? {
    let op = bodies[scopes[place.scope].body].nodes[index].op
    guard LegacyControl.isSwitch(op) || LegacyControl.isMerge(op) || LegacyControl.isEnter(op)
    else { return nil }
    var draft: Int? = place.draft
    while let current = draft {
      let parent = drafts[current].parent
      switch drafts[current].region {
      case .whole: break
      case .loop(let scope, let number, _) where scope == place.scope:
        let loop = try control(of: scope).loops[number]
        if let position = loop.merges[index] ?? loop.switches[index] {
          return .found(.input(draft: current, index: position))
        }
        let node = bodies[scopes[scope].body].nodes[index]
        if LegacyControl.isEnter(op), let parent, let text = node.inputs.first,
          try node.attribute("frame_name")?.text?.string ?? "" == loop.frame
        {
          return .next(Reference(draft: parent, scope: scope, text: text))
        }
      case .branch(let scope, let predicate, _) where scope == place.scope:
        let body = bodies[scopes[scope].body]
        if LegacyControl.isSwitch(op), let parent, body.nodes[index].inputs.count == 2,
          let origin = LegacyControl.origin(body.nodes[index].inputs[1], in: body),
          body.nodes[origin].name == predicate
        {
          return .next(
            Reference(draft: parent, scope: scope, text: body.nodes[index].inputs[0])
          )
        }
      default: break
      }
      draft = parent
    }
    return nil
  }

  /// The result of a loop.
  mutating func legacyExit(_ place: Reference, node index: Int) throws(ReadError) -> Step? {
    let body = bodies[scopes[place.scope].body]
    let control = try control(of: place.scope)
    guard let text = body.nodes[index].inputs.first,
      let switching = body.indices[String(LegacyControl.split(text).node)],
      let number = control.loopOfSwitch[switching],
      let position = control.loops[number].switches[switching]
    else { return nil }
    let loop = control.loops[number]
    let (instance, isNew) = try instance(
      place.draft,
      place.scope,
      loop.condition,
      op: "While",
      key: 1
    )
    if isNew {
      findings.raisedLoops += 1
      let name = loop.frame
      var graphs: [Int] = []
      for isBody in [false, true] {
        let graph = try addDraft(
          name + (isBody ? "/body" : "/condition"),
          parent: place.draft,
          owner: instance,
          region: .loop(scope: place.scope, loop: number, isBody: isBody)
        )
        graphs.append(graph)
        for carried in loop.carried {
          let type = try body.nodes[carried.merge].attribute("T")?.type ?? 0
          drafts[graph].inputs.append(
            (body.nodes[carried.merge].name, DataType.element(type), .unknownRank)
          )
          for node in [carried.enter, carried.merge, carried.switching, carried.next] {
            usedNodes[scopes[place.scope].body][node] = true
          }
        }
      }
      drafts[place.draft].instances[instance].nested = [
        ("conditionGraph", graphs[0]), ("bodyGraph", graphs[1]),
      ]
      drafts[place.draft].instances[instance].portCount = loop.carried.count
      drafts[place.draft].instances[instance].name = scopes[place.scope].prefix + name
      guard let condition = body.nodes[loop.condition].inputs.first else { return nil }
      pending.append(
        .outputs(
          draft: graphs[0],
          references: [Reference(draft: graphs[0], scope: place.scope, text: condition)]
        )
      )
      pending.append(
        .outputs(
          draft: graphs[1],
          references: loop.carried.map {
            Reference(draft: graphs[1], scope: place.scope, text: body.nodes[$0.next].inputs[0])
          }
        )
      )
      pending.append(
        .inputs(
          draft: place.draft,
          instance: instance,
          references: loop.carried.map {
            Reference(
              draft: place.draft,
              scope: place.scope,
              text: body.nodes[$0.enter].inputs[0]
            )
          }
        )
      )
    }
    return .found(.node(draft: place.draft, instance: instance, port: position))
  }

  /// The result of a choice.
  mutating func legacyMerge(
    _ place: Reference,
    node index: Int,
    port: Int
  ) throws(ReadError) -> Step? {
    let control = try control(of: place.scope)
    guard port == 0, let (number, position) = control.choiceOfMerge[index] else { return nil }
    let choice = control.choices[number]
    let (instance, isNew) = try instance(
      place.draft,
      place.scope,
      choice.merges[0].node,
      op: choice.isNumbered ? "Case" : "If",
      key: 1
    )
    if isNew {
      findings.raisedChoices += 1
      let sides = choice.merges[0].sources.indices
      for side in choice.isNumbered ? Array(sides) : sides.reversed() {
        let suffix = choice.isNumbered ? "/\(side)" : side == 1 ? "/then" : "/else"
        let graph = try addDraft(
          choice.predicate + suffix,
          parent: place.draft,
          owner: instance,
          region: .branch(scope: place.scope, predicate: choice.predicate, side: side)
        )
        drafts[place.draft].instances[instance].nested.append(
          (choice.isNumbered ? "branchGraphs" : side == 1 ? "thenGraph" : "elseGraph", graph)
        )
        pending.append(
          .outputs(
            draft: graph,
            references: choice.merges.map {
              Reference(draft: graph, scope: place.scope, text: $0.sources[side])
            }
          )
        )
      }
      for merge in choice.merges { usedNodes[scopes[place.scope].body][merge.node] = true }
      drafts[place.draft].instances[instance].portCount = choice.merges.count
      pending.append(
        .inputs(
          draft: place.draft,
          instance: instance,
          references: [
            Reference(draft: place.draft, scope: place.scope, text: choice.predicate)
          ]
        )
      )
    }
    return .found(.node(draft: place.draft, instance: instance, port: position))
  }
}
