import ModelIR
import Operators
import TargetRules

/// Everything that a report says of a model: computed once, written by every writer.
///
/// Numbers that are unknown are `nil`, with a finding that says why.
package struct ModelProfile: Sendable {
  package var model: ModelSummary
  package var totals: Totals
  package var bytes: [CategoryBytes]
  package var operators: [OperatorRow]
  package var operatorTypes: [OperatorTypeRow]
  package var constants: [ConstantRow]
  package var findings: [Finding]
  /// What measuring gave; `nil` where nothing was measured.
  package var measurement: Measurement?
  /// The memory that runtimes plan, the runtime of the format first; empty where a size is unknown.
  package var memory: [MemoryPlan] = []
  /// What standard ways of compression would bring; empty where nothing can be told.
  package var outlook: [OutlookEntry] = []
  /// Estimated times on the targets that were asked for and state rates.
  package var latency: [LatencyEstimate] = []
  /// What each target that was asked for makes of the model, in the order of asking.
  package var targets: [TargetReport] = []

  /// What the model is.
  package struct ModelSummary: Sendable {
    /// The path as the user gave it.
    package var path: String
    package var format: ModelFormat
    package var fileBytes: Int
    /// `nil` where it was not asked for: it reads the whole file.
    package var sha256: String?
    package var inputs: [Boundary]
    package var outputs: [Boundary]
    package var signatures: [String]
    package var metadata: [MetadataEntry]
    /// Files of the model beside the first one, with their sizes.
    package var files: [LedgerFile]
    /// The types of the weights, the most frequent first.
    package var weightTypes: [TypeShare]
    /// Extents that were taken to be 1 because they lead an input and the file leaves them open.
    package var assumedBatch: Int?
  }

  /// An input or output.
  package struct Boundary: Sendable {
    package var name: String
    /// As the file states it.
    package var shape: Shape
    /// As it was taken for the counts.
    package var effectiveShape: Shape
    package var type: ElementType
    package var quantization: Quantization?
  }

  /// How many of the parameters have a type.
  package struct TypeShare: Sendable {
    package var type: ElementType
    package var parameters: Int
    package var bytes: Int
  }

  /// Sums over the model.
  package struct Totals: Sendable {
    package var operators: Int
    /// Elements of the weights that the file stores: constants of at least one axis that are floats
    /// or quantized; scales, zero points, shapes and indices are not parameters.
    package var parameters: Int
    /// Elements of all constants that the file stores.
    package var constantElements: Int
    package var weightBytes: Int
    package var fileBytes: Int
    package var multiplyAdds: Int?
    /// 2 · MACs + other operations.
    package var flops: Int?
    /// What is known of the MACs where some operators are uncounted: at least this much.
    package var countedMultiplyAdds: Int
    package var counted: Int
    package var approximated: Int
    package var uncounted: Int
    /// All results of all operators together.
    package var activationBytes: Int?
    /// The most bytes alive at once: no planner can do with less in this order.
    package var peakLowerBoundBytes: Int?
    /// The operator that sets it, an index into `operators`.
    package var peakOperator: Int?
    /// The share of zeros among the weights; `nil` where weights were not read.
    package var sparsity: Double?
    /// The share of parameters that are stored in 8 bits or fewer; `nil` where there are none.
    package var quantizedShare: Double?
  }

  /// What bytes of the file are for.
  package struct CategoryBytes: Sendable {
    package var category: ByteCategory
    package var bytes: Int
  }

  /// One operator.
  package struct OperatorRow: Sendable {
    /// The position in execution order, over all graphs.
    package var index: Int
    package var graph: GraphID
    package var node: NodeID
    package var name: String
    package var type: String
    package var isKnown: Bool
    /// Whether there is a kernel to run it with.
    package var isRunnable: Bool
    package var sourceType: String
    package var sourceVersion: Int?
    package var layer: String?
    package var inputs: [String]
    package var outputs: [String]
    package var outputShapes: [Shape]
    package var outputTypes: [ElementType]
    /// Parameters that this operator is the first to use.
    package var parameters: Int
    package var weightBytes: Int
    /// The types of those parameters, in the order of their first use.
    package var weightTypes: [ElementType] = []
    /// Of all constants that this operator is the first to use; `nil` where it has none or one of
    /// them was not hashed.
    package var weightHash: UInt64?
    package var cost: OperatorCost
    /// The bytes of its results.
    package var activationBytes: Int?
    /// The bytes alive while it runs: operands, results, and what is kept for later.
    package var liveBytes: Int?
    /// How long it took; `nil` where nothing was measured.
    package var time: OperatorTime?

    /// 2 · MACs + other operations; `nil` where nobody counted them.
    package var flops: Int? {
      guard let multiplyAdds else { return nil }
      let (double, overflow) = multiplyAdds.multipliedReportingOverflow(by: 2)
      let (sum, sumOverflow) = double.addingReportingOverflow(cost.otherOperations)
      return overflow || sumOverflow ? nil : sum
    }

    /// MACs; `nil` where nobody counted them.
    package var multiplyAdds: Int? { cost.status == .uncounted ? nil : cost.multiplyAdds }

    /// The name to show: the user's layer, or the operator's own name.
    package var title: String { layer ?? name }
  }

  /// All operators of one type together.
  package struct OperatorTypeRow: Sendable {
    package var sourceType: String
    package var type: String
    package var count: Int
    package var multiplyAdds: Int?
    package var parameters: Int
    package var weightBytes: Int
    package var activationBytes: Int?
  }

  /// One stored constant.
  package struct ConstantRow: Sendable {
    package var name: String
    package var graph: GraphID
    package var value: ValueID
    /// The first operator that uses it, an index into `operators`; `nil` where none does.
    package var operatorIndex: Int?
    package var type: ElementType
    package var shape: Shape
    package var elements: Int
    /// Bytes in the file; `nil` where the file does not hold them.
    package var bytes: Int?
    package var isParameter: Bool
    package var quantization: Quantization?
    /// `nil` where the values were not read.
    package var statistics: ConstantStatistics?
    /// Of the stored bytes: equal constants have equal hashes; `nil` where they were not hashed.
    package var contentHash: UInt64?
  }

  /// One thing that matters.
  package struct Finding: Sendable, Equatable {
    package var code: String
    package var severity: Diagnostic.Severity
    /// An index into `operators`, where it is about one.
    package var operatorIndex: Int?
    package var message: String
    package var fix: String?
    /// What the fix saves: bytes of the file, of weights or of copies, as the message says.
    package var savingBytes: Int?
    package var savingMacs: Int?

    package init(
      _ code: String,
      _ severity: Diagnostic.Severity,
      _ message: String,
      fix: String? = nil,
      operatorIndex: Int? = nil,
      savingBytes: Int? = nil,
      savingMacs: Int? = nil
    ) {
      self.savingBytes = savingBytes
      self.savingMacs = savingMacs
      self.code = code
      self.severity = severity
      self.message = message
      self.fix = fix
      self.operatorIndex = operatorIndex
    }
  }
}

/// The range and the zeros of a constant's stored values.
package struct ConstantStatistics: Sendable, Equatable {
  /// Of the finite values, as stored (before scale and zero point); `nil` where there are none.
  package var minimum: Double?
  package var maximum: Double?
  /// Elements that stand for zero.
  package var zeros: Int
  /// NaN and infinite elements.
  package var nonFinite: Int

  package init(minimum: Double?, maximum: Double?, zeros: Int, nonFinite: Int) {
    self.minimum = minimum
    self.maximum = maximum
    self.zeros = zeros
    self.nonFinite = nonFinite
  }
}
