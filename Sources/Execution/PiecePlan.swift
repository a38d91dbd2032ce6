import ByteIO
import ModelIR
import Operators

/// How inputs with more rows than the model takes are cut into runs.
struct PiecePlan {
  /// The number of runs.
  let count: Int
  /// For each input, the rows of a piece; `nil` where every run takes the whole tensor.
  private let rows: [Int?]

  /// - Throws: `DATA_INVALID` where a tensor does not fit its input, or inputs need different numbers
  ///   of runs.
  init(_ call: ModelCall, _ tensors: [Tensor]) throws(ExecutionError) {
    guard tensors.count == call.inputs.count else {
      throw ExecutionError(
        .dataInvalid,
        "\(tensors.count) inputs are given, the model takes \(call.inputs.count)"
      )
    }
    var count: Int?
    var rows: [Int?] = []
    for (input, tensor) in zip(call.inputs, tensors) {
      let value = call.model[call.graph][input.value]
      let multiple = try Self.multiple(of: tensor, value, name: input.names.first ?? value.name)
      guard multiple != 1 else {
        rows.append(nil)
        continue
      }
      guard count == nil || count == multiple else {
        throw ExecutionError(
          .dataInvalid,
          "input \"\(value.name)\" has rows for \(multiple) runs, another one for \(count ?? 0)"
        )
      }
      count = multiple
      rows.append(tensor.sizes[0] / multiple)
    }
    self.count = count ?? 1
    self.rows = rows
  }

  /// How many times the rows of the input the tensor has.
  private static func multiple(of tensor: Tensor, _ value: Value, name: String)
    throws(ExecutionError) -> Int
  {
    let given = "\(tensor.type.rawValue) \(Shape.fixed(tensor.sizes))"
    let refusal = ExecutionError(
      .dataInvalid,
      "input \"\(name)\" takes \(value.type.rawValue) \(value.shape), given is \(given)"
    )
    guard tensor.type == value.type else { throw refusal }
    guard let dimensions = value.shape.dimensions else { return 1 }
    guard dimensions.count == tensor.rank else { throw refusal }
    for (dimension, size) in zip(dimensions, tensor.sizes).dropFirst()
    where dimension.size != nil && dimension.size != size {
      throw refusal
    }
    guard let lead = dimensions.first?.size, lead != tensor.sizes[0] else { return 1 }
    guard lead > 0, tensor.sizes[0] > 0, tensor.sizes[0] % lead == 0 else { throw refusal }
    return tensor.sizes[0] / lead
  }

  /// The tensors of one run.
  func piece(_ index: Int, of tensors: [Tensor]) throws(ExecutionError) -> [Tensor] {
    var piece = tensors
    do throws(OperatorError) {
      for (input, rows) in rows.enumerated() {
        guard let rows else { continue }
        piece[input] = try tensors[input].rows(rows * index..<rows * (index + 1))
      }
    } catch {
      throw ExecutionError(error.code, error.message)
    }
    return piece
  }
}

extension Tensor {
  /// A range of axis 0.
  package func rows(_ range: Range<Int>) throws(OperatorError) -> Tensor {
    let width = count / max(sizes.first ?? 1, 1)
    let offsets = Array(range.lowerBound * width..<range.upperBound * width)
    return try gathering(offsets: offsets, sizes: [range.count] + sizes.dropFirst())
  }

  /// Tensors one after the other along axis 0; scalars become a list.
  ///
  /// - Throws: where the types or the other extents differ.
  static func stacked(_ parts: [Tensor]) throws(OperatorError) -> Tensor {
    let rest = parts.first?.sizes.dropFirst() ?? []
    guard parts.allSatisfy({ $0.rank == parts.first?.rank && $0.sizes.dropFirst() == rest }) else {
      throw .unsupported("its shape differs from one piece of the input to the next")
    }
    let lead = parts.reduce(0) { $0 + ($1.sizes.first ?? 1) }
    return try joining(parts).reshaped(to: [lead] + rest)
  }
}
