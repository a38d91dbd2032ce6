import ModelIR

/// Which operators a target runs, and under which conditions.
package struct OperatorRules: Sendable {
  /// The format whose names the rules use.
  package var format: ModelFormat?
  /// The rules, in the order of the file.
  package var entries: [OperatorRule]
  /// What every operator must fulfil beside its own rule.
  package var everywhere: [GeneralRule]
  /// Names of the list that the tool gives no meaning to.
  package var unmapped: [String] = []
  /// Other targets whose operators these are, by the model's format, in the order of the file.
  package var borrowed: [Borrowed]

  /// Another target whose operator rules apply to models of a format.
  package struct Borrowed: Sendable, Equatable {
    package var format: ModelFormat
    package var target: String
  }

  /// A condition on all operators but some.
  package struct GeneralRule: Sendable {
    package var condition: Condition
    /// The operators that it does not hold for.
    package var exceptions: Set<String>
    /// The only operators that it holds for; empty for all.
    package var only: Set<String>

    /// Whether it holds for an operator.
    package func applies(to name: String) -> Bool {
      !exceptions.contains(name) && (only.isEmpty || only.contains(name))
    }
  }
}

/// What is said of some operators of one format.
package struct OperatorRule: Sendable {
  /// The answer where all conditions hold.
  package enum Support: String, Sendable, CaseIterable {
    case yes, no, unknown
  }

  /// The names as the format spells them; a `*` at the end stands for any letters.
  package var names: [String]
  /// The operator's (TFLite) or the operator set's (ONNX) versions.
  package var versions: ClosedRange<Int>
  package var support: Support
  /// What must hold.
  package var conditions: [Condition]
  /// What is worth knowing where it runs: lower case, no full stop.
  package var note: String?
  /// Why it is not supported or unknown: lower case, no full stop.
  package var reason: String?
  /// What to do where it does not run.
  package var fix: String?
  /// The key of the source.
  package var source: String
}

/// Something that must hold for an operator.
package struct Condition: Sendable {
  package var test: Test
  /// What to do where it does not hold.
  package var fix: String?
  /// Why it is asked for: lower case, no full stop.
  package var reason: String?
  /// The key of the source; `nil` for the rule's own.
  package var source: String?

  /// What is looked at.
  package indirect enum Test: Sendable {
    /// Each of some tensors.
    case tensors(TensorSelection, TensorTest)
    /// The types of operands and results together are one of some rows.
    case typeRows([TypeRow])
    /// Two tensors are alike.
    case alike(TensorSelection, TensorSelection, [Likeness])
    /// The number of operands.
    case inputCount(NumberRange)
    /// The number of results.
    case outputCount(NumberRange)
    case attribute(String, AttributeTest)
    /// Where the first hold, the others must.
    case implication([Condition], [Condition])
    /// At least one holds.
    case anyOf([Condition])
    /// Does not hold.
    case not(Condition)
    /// A restriction that no file can be checked against.
    case unchecked(String)
  }

  /// In what tensors are alike.
  package enum Likeness: String, Sendable, CaseIterable {
    case type, shape, rank, quantization
  }

  /// The types of operands and results; `nil` for any.
  package struct TypeRow: Sendable, Equatable {
    package var inputs: [ElementType?]
    package var outputs: [ElementType?]
  }
}

/// Which tensors of an operator are meant.
package enum TensorSelection: Sendable, Equatable {
  /// An operand, by position.
  case input(Int)
  /// A result, by position.
  case output(Int)
  case inputs
  case outputs
  /// Operands and results.
  case all
  /// Operands that are computed or given, and results.
  case activations
  /// Operands that are constants.
  case constants
}

/// What is asked of one tensor.
package enum TensorTest: Sendable, Equatable {
  case types([ElementType])
  case rank(NumberRange)
  /// An axis (from the end where negative) or, without one, each axis.
  case size(axis: Int?, NumberRange)
  /// Some axes (from the end where negative) multiplied.
  case product(axes: [Int], NumberRange)
  case elements(NumberRange)
  case isConstant(Bool)
  case isPresent(Bool)
  /// All extents are known.
  case hasFixedShape
  case quantization([QuantizationKind])
  case zeroPoints(NumberRange)

  /// How a tensor is quantized.
  package enum QuantizationKind: String, Sendable, CaseIterable {
    case none
    case perTensor = "per-tensor"
    case perAxis = "per-axis"
    case blockwise
  }
}

/// What is asked of an attribute; one that is left out has the operator's default value, which the
/// condition states.
package struct AttributeTest: Sendable {
  /// The forms.
  package enum Kind: Sendable {
    case isOneOf([Scalar])
    /// The number, or each of the numbers.
    case range(NumberRange)
    /// The numbers multiplied.
    case product(NumberRange)
    /// All numbers are the same.
    case uniform
  }

  /// A value of an attribute as a rule states it.
  package enum Scalar: Sendable, Equatable {
    case number(Double)
    case bool(Bool)
    case text(String)
  }

  package var kind: Kind
  /// The value where the operator has no such attribute; `nil` where it must have it.
  package var standard: Scalar?
}

/// Numbers between two limits, both inclusive; `nil` for no limit.
package struct NumberRange: Sendable, Equatable, CustomStringConvertible {
  package var minimum: Double?
  package var maximum: Double?

  package init(minimum: Double? = nil, maximum: Double? = nil) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Whether a number lies between the limits.
  package func contains(_ value: Double) -> Bool {
    value >= minimum ?? -.infinity && value <= maximum ?? .infinity
  }

  /// `1 to 4`, `at most 4`, `3`.
  package var description: String {
    switch (minimum, maximum) {
    case (let low?, let high?):
      low == high ? Self.plain(low) : "\(Self.plain(low)) to \(Self.plain(high))"
    case (let low?, nil): "at least " + Self.plain(low)
    case (nil, let high?): "at most " + Self.plain(high)
    case (nil, nil): "any"
    }
  }

  /// A number without a fraction of zero.
  static func plain(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? String(value)
  }
}
