import ByteIO
import ModelIR
import Operators

/// Makes the profile of a model.
package struct Profiler {
  /// What to look at.
  package struct Options: Sendable {
    /// Whether to read the weights (ranges, zeros).
    package var readsWeights: Bool
    /// Whether to hash the constants, to know them again in another model.
    package var hashesConstants: Bool
    /// The outlook compresses at most so many bytes of weights, which takes some 20 MB a second.
    package var mostCompressed: Int
    /// Whether to compute the outlook at all.
    package var looksAhead = true
    package var threads: Int

    package init(
      readsWeights: Bool = true,
      hashesConstants: Bool = false,
      mostCompressed: Int = 1 << 20,
      threads: Int = 1
    ) {
      self.readsWeights = readsWeights
      self.hashesConstants = hashesConstants
      self.mostCompressed = mostCompressed
      self.threads = threads
    }
  }

  let model: Model
  private let dimensions: OpenDimensions
  let types: [GraphTypes]
  private let inventory: ConstantInventory
  /// The row of each graph's first operator.
  private let firstRows: [Int]

  /// Infers the model's types for the given extents.
  package init(_ model: Model, dimensions: OpenDimensions) {
    self.model = model
    self.dimensions = dimensions
    types = GraphInference(inputShapes: dimensions.shapes).infer(model)
    inventory = ConstantInventory(model)
    var firstRows: [Int] = []
    var count = 0
    for graph in model.graphs {
      firstRows.append(count)
      count += graph.nodes.count
    }
    self.firstRows = firstRows
  }

  /// The profile.
  ///
  /// - Parameters:
  ///   - options: What to look at.
  ///   - sha256: The digest of the model's files, where it was made.
  ///   - progress: Told how many bytes of weights were read, of how many.
  /// - Returns: The profile.
  package func profile(
    _ options: Options,
    sha256: String? = nil,
    progress: (Int, Int) -> Void = { _, _ in }
  ) -> ModelProfile {
    var rows = operatorRows()
    var constants = constantRows(&rows)
    if options.readsWeights {
      WeightReader(threads: options.threads, hashes: options.hashesConstants)
        .read(model, &constants, progress: progress)
    }
    if options.hashesConstants { Self.hash(constants, into: &rows) }
    let totals = totals(rows, constants)
    return ModelProfile(
      model: summary(constants, sha256: sha256),
      totals: totals,
      bytes: model.ledger.totals().map { .init(category: $0.category, bytes: $0.byteCount) },
      operators: rows,
      operatorTypes: Self.byType(rows),
      constants: constants,
      findings: findings(rows, constants, totals),
      memory: MemoryAnalysis(model, types: types).plans(),
      outlook: options.looksAhead
        ? Outlook(
          model,
          types: types,
          constants: constants,
          mostCompressed: options.readsWeights ? options.mostCompressed : 0
        ).entries() : []
    )
  }

  // MARK: - Operators

  private func operatorRows() -> [ModelProfile.OperatorRow] {
    var rows: [ModelProfile.OperatorRow] = []
    rows.reserveCapacity(model.graphs.reduce(0) { $0 + $1.nodes.count })
    for id in model.graphIDs {
      let graph = model[id]
      let inferred = types[id.index]
      let live = Liveness(graph, types: inferred.types).liveBytes
      for node in graph.nodeIDs {
        rows.append(
          row(graph[node], node, id, index: rows.count, inferred, live[node.index])
        )
      }
    }
    return rows
  }

  private func row(
    _ node: Node,
    _ id: NodeID,
    _ graphID: GraphID,
    index: Int,
    _ inferred: GraphTypes,
    _ live: Int?
  ) -> ModelProfile.OperatorRow {
    let graph = model[graphID]
    let outputs = node.outputs.compactMap { $0 }
    return ModelProfile.OperatorRow(
      index: index,
      graph: graphID,
      node: id,
      name: node.name,
      type: node.op.name,
      isKnown: node.op.isKnown,
      isRunnable: OperatorCatalog.definition(of: node.op.name)?.evaluate != nil
        && node.op.isKnown,
      sourceType: node.origin.sourceType,
      sourceVersion: node.origin.sourceVersion,
      layer: node.origin.layer,
      inputs: node.inputs.map { $0.map { graph[$0].name } ?? "" },
      outputs: outputs.map { graph[$0].name },
      outputShapes: outputs.map { inferred.types[$0.index].shape },
      outputTypes: outputs.map { inferred.types[$0.index].element },
      parameters: 0,
      weightBytes: 0,
      cost: inferred.costs[id.index],
      activationBytes: sum(outputs.map { byteCount(inferred.types[$0.index]) }),
      liveBytes: live
    )
  }

  private func byteCount(_ type: TensorType) -> Int? {
    type.shape.elementCount.flatMap { type.element.byteCount(elements: $0) }
  }

  /// The constants, each attributed to the operator that uses it first.
  private func constantRows(_ rows: inout [ModelProfile.OperatorRow]) -> [ModelProfile.ConstantRow]
  {
    inventory.entries.map { entry in
      let value = model[entry.graph][entry.value]
      let index = entry.user.map { firstRows[$0.graph.index] + $0.node.index }
      let bytes = value.constant?.fileByteCount
      if let index, entry.isParameter {
        rows[index].parameters += entry.elements
        rows[index].weightBytes += bytes ?? 0
        if !rows[index].weightTypes.contains(value.type) {
          rows[index].weightTypes.append(value.type)
        }
      }
      return ModelProfile.ConstantRow(
        name: value.name,
        graph: entry.graph,
        value: entry.value,
        operatorIndex: index,
        type: value.type,
        shape: value.shape,
        elements: entry.elements,
        bytes: bytes,
        isParameter: entry.isParameter,
        quantization: value.quantization,
        statistics: nil
      )
    }
  }

  /// Gives each operator the hash of its constants.
  private static func hash(
    _ constants: [ModelProfile.ConstantRow],
    into rows: inout [ModelProfile.OperatorRow]
  ) {
    var isUnknown: Set<Int> = []
    for constant in constants {
      guard let index = constant.operatorIndex else { continue }
      if let hash = constant.contentHash {
        // The odd number nearest to 2^64 divided by the golden ratio (Knuth, TAOCP 3, 6.4).
        let mixed = ((rows[index].weightHash ?? 0) ^ hash) &* 0x9E37_79B9_7F4A_7C15
        rows[index].weightHash = (mixed ^ (mixed >> 29)) &+ hash
      } else {
        isUnknown.insert(index)
      }
    }
    for index in isUnknown { rows[index].weightHash = nil }
  }

  private static func byType(_ rows: [ModelProfile.OperatorRow]) -> [ModelProfile.OperatorTypeRow] {
    var order: [String: Int] = [:]
    var result: [ModelProfile.OperatorTypeRow] = []
    for row in rows {
      if let place = order[row.sourceType] {
        result[place].count += 1
        result[place].multiplyAdds = sum([result[place].multiplyAdds, row.multiplyAdds])
        result[place].parameters += row.parameters
        result[place].weightBytes += row.weightBytes
        result[place].activationBytes = sum([result[place].activationBytes, row.activationBytes])
      } else {
        order[row.sourceType] = result.count
        result.append(
          .init(
            sourceType: row.sourceType,
            type: row.type,
            count: 1,
            multiplyAdds: row.multiplyAdds,
            parameters: row.parameters,
            weightBytes: row.weightBytes,
            activationBytes: row.activationBytes
          )
        )
      }
    }
    return result.sorted { left, right in
      if left.multiplyAdds != right.multiplyAdds {
        return (left.multiplyAdds ?? -1) > (right.multiplyAdds ?? -1)
      }
      return (right.count, left.sourceType) < (left.count, right.sourceType)
    }
  }

  // MARK: - Sums

  private func totals(
    _ rows: [ModelProfile.OperatorRow],
    _ constants: [ModelProfile.ConstantRow]
  ) -> ModelProfile.Totals {
    let weights = constants.filter(\.isParameter)
    let peak = mainRows(rows).enumerated().max {
      ($0.element.liveBytes ?? -1) < ($1.element.liveBytes ?? -1)
    }
    let isPeakKnown = mainRows(rows).allSatisfy { $0.liveBytes != nil }
    let statistics = weights.map(\.statistics)
    let read = statistics.compactMap { $0 }
    let elements = weights.reduce(0) { $0 + $1.elements }
    let narrow = weights.reduce(0) { sum, weight in
      sum + ((weight.type.bitWidth ?? .max) <= 8 ? weight.elements : 0)
    }
    return ModelProfile.Totals(
      operators: rows.count,
      parameters: elements,
      constantElements: constants.reduce(0) { $0 + $1.elements },
      weightBytes: weights.reduce(0) { $0 + ($1.bytes ?? 0) },
      fileBytes: model.ledger.fileBytes,
      multiplyAdds: Self.sum(rows.map(\.multiplyAdds)),
      flops: Self.sum(rows.map(\.flops)),
      countedMultiplyAdds: rows.reduce(0) { $0 &+ ($1.multiplyAdds ?? 0) },
      counted: rows.count { $0.cost.status == .counted },
      approximated: rows.count { $0.cost.status == .approximated },
      uncounted: rows.count { $0.cost.status == .uncounted },
      activationBytes: Self.sum(rows.map(\.activationBytes)),
      peakLowerBoundBytes: isPeakKnown ? peak?.element.liveBytes : nil,
      peakOperator: isPeakKnown ? peak?.element.index : nil,
      sparsity: read.count == statistics.count && elements > 0
        ? Double(read.reduce(0) { $0 + $1.zeros }) / Double(elements) : nil,
      quantizedShare: elements > 0 ? Double(narrow) / Double(elements) : nil
    )
  }

  private func mainRows(_ rows: [ModelProfile.OperatorRow]) -> ArraySlice<ModelProfile.OperatorRow>
  {
    rows.prefix(model.main.nodes.count)
  }

  private func sum(_ values: [Int?]) -> Int? { Self.sum(values) }

  /// The sum; `nil` where a part is unknown or the sum does not fit.
  private static func sum(_ values: [Int?]) -> Int? {
    var total = 0
    for value in values {
      guard let value else { return nil }
      let (next, overflow) = total.addingReportingOverflow(value)
      guard !overflow else { return nil }
      total = next
    }
    return total
  }

  // MARK: - Summary

  private func summary(_ constants: [ModelProfile.ConstantRow], sha256: String?)
    -> ModelProfile.ModelSummary
  {
    var shares: [ElementType: ModelProfile.TypeShare] = [:]
    for constant in constants where constant.isParameter {
      shares[constant.type, default: .init(type: constant.type, parameters: 0, bytes: 0)]
        .parameters += constant.elements
      shares[constant.type]?.bytes += constant.bytes ?? 0
    }
    let main = model.main
    func boundary(_ id: ValueID) -> ModelProfile.Boundary {
      ModelProfile.Boundary(
        name: main[id].name,
        shape: main[id].shape,
        effectiveShape: types[0].types[id.index].shape,
        type: types[0].types[id.index].element,
        quantization: main[id].quantization
      )
    }
    return ModelProfile.ModelSummary(
      path: model.path,
      format: model.format,
      fileBytes: model.ledger.fileBytes,
      sha256: sha256,
      inputs: main.inputs.map(boundary),
      outputs: main.outputs.map(boundary),
      signatures: model.signatures.map(\.name),
      metadata: model.metadata,
      files: Array(model.ledger.files.dropFirst()),
      weightTypes: shares.values.sorted { left, right in
        (right.parameters, left.type.rawValue) < (left.parameters, right.type.rawValue)
      },
      assumedBatch: dimensions.assumedBatch
    )
  }

  private func findings(
    _ rows: [ModelProfile.OperatorRow],
    _ constants: [ModelProfile.ConstantRow],
    _ totals: ModelProfile.Totals
  ) -> [ModelProfile.Finding] {
    FindingCollector(
      model: model,
      dimensions: dimensions,
      types: types,
      rows: rows,
      firstRows: firstRows,
      constants: constants
    ).collect()
  }
}
