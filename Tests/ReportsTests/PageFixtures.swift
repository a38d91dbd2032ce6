import ModelIR
import Operators

@testable import Profiling

/// A profile whose every text is one name.
enum PageFixtures {
  static func profile(name: String, macs: [Int?] = [1_000, nil, 3_000]) -> ModelProfile {
    let rows = macs.enumerated().map { index, macs in
      ModelProfile.OperatorRow(
        index: index,
        graph: Model.mainGraph,
        node: NodeID(index),
        name: name,
        type: "convolution",
        isKnown: true,
        isRunnable: true,
        sourceType: name,
        layer: name,
        inputs: [name],
        outputs: [name + String(index)],
        outputShapes: [.fixed([1, 8, 8, 4])],
        outputTypes: [.float32],
        parameters: 100,
        weightBytes: 400,
        cost: macs.map { OperatorCost(multiplyAdds: $0) } ?? OperatorCost(status: .uncounted),
        activationBytes: 1_024,
        liveBytes: 2_048
      )
    }
    let boundary = ModelProfile.Boundary(
      name: name,
      shape: .fixed([1, 8]),
      effectiveShape: .fixed([1, 8]),
      type: .float32
    )
    return ModelProfile(
      model: .init(
        path: "models/" + name,
        format: .tflite,
        fileBytes: 1_000,
        inputs: [boundary],
        outputs: [boundary],
        signatures: [],
        metadata: [],
        files: [],
        weightTypes: [.init(type: .float32, parameters: 100, bytes: 400)]
      ),
      totals: .init(
        operators: rows.count,
        parameters: 100,
        constantElements: 100,
        weightBytes: 400,
        fileBytes: 1_000,
        multiplyAdds: nil,
        flops: nil,
        countedMultiplyAdds: macs.compactMap { $0 }.reduce(0, +),
        counted: 2,
        approximated: 0,
        uncounted: 1,
        activationBytes: nil,
        peakLowerBoundBytes: 2_048,
        peakOperator: 0,
        sparsity: 0.5
      ),
      bytes: [.init(category: .weights, bytes: 400), .init(category: .graph, bytes: 600)],
      operators: rows,
      operatorTypes: [],
      constants: [100, 50].map { bytes in
        ModelProfile.ConstantRow(
          name: name,
          graph: Model.mainGraph,
          value: ValueID(0),
          operatorIndex: 0,
          type: .float32,
          shape: .fixed([bytes / 4]),
          elements: bytes / 4,
          bytes: bytes,
          isParameter: true
        )
      },
      findings: [
        .init("F42 quantization-not-understood", .warning, name, fix: name, operatorIndex: 1)
      ]
    )
  }
}
