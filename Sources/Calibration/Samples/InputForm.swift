import ByteIO
import Execution
import ModelIR
import Operators

/// What a model takes as one sample at one of its inputs.
package struct InputForm: Sendable {
  /// The names under which an archive may hold it, the preferred one first.
  package var names: [String]
  package var value: ValueID
  package var type: ElementType
  /// The extents; `nil` where the model leaves one open.
  package var sizes: [Int?]
  package var quantization: Quantization?

  package init(
    names: [String],
    value: ValueID,
    type: ElementType,
    sizes: [Int?],
    quantization: Quantization? = nil
  ) {
    self.names = names
    self.value = value
    self.type = type
    self.sizes = sizes
    self.quantization = quantization
  }

  /// The inputs of a model's main graph.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - shapes: The extents that the user states.
  /// - Returns: One form an input, in the model's order.
  /// - Throws: `MODEL_UNSUPPORTED` where not even the number of an input's axes is known.
  package static func all(
    of model: Model,
    shapes: [ValueID: [Int]] = [:]
  ) throws(ReadError) -> [InputForm] {
    let call: ModelCall
    do throws(ExecutionError) {
      call = try ModelCall(model)
    } catch {
      throw ReadError(error.code, error.message, path: error.path ?? "")
    }
    var forms: [InputForm] = []
    for input in call.inputs where !model.main[input.value].isConstant {
      let value = model.main[input.value]
      guard let sizes = shapes[input.value] ?? value.shape.dimensions?.map(\.size) else {
        throw ReadError(
          .modelUnsupported,
          "the number of axes of input \"\(value.name)\" is not known",
          hint: "state --shape"
        )
      }
      forms.append(
        InputForm(
          names: input.names,
          value: input.value,
          type: value.type,
          sizes: sizes,
          quantization: value.quantization
        )
      )
    }
    return forms
  }

  /// The extents of one sample at each input, an open batch being 1: what a graph is compiled for.
  ///
  /// Inputs that leave other extents open are left out.
  package static func shapes(_ forms: [InputForm]) -> [ValueID: [Int]] {
    var result: [ValueID: [Int]] = [:]
    for form in forms {
      let rest = form.sizes.dropFirst().compactMap { $0 }
      guard rest.count == max(form.sizes.count - 1, 0) else { continue }
      result[form.value] = form.sizes.isEmpty ? [] : [form.rows] + rest
    }
    return result
  }

  /// The preferred name.
  package var name: String { names.first ?? "" }

  /// The rows of axis 0 that make one sample; an open batch takes one.
  var rows: Int { sizes.first.flatMap { $0 } ?? 1 }

  /// The shape as people write it.
  var shapeText: String { Self.text(sizes) }

  static func text(_ sizes: [Int?]) -> String {
    Shape.ranked(sizes.map { $0.map(Dimension.fixed) ?? .unknown }).description
  }

  /// Whether channels come after space in an image of this input.
  ///
  /// An extent of 1 or 3 on the last axis says so; the same on axis 1 says the contrary.
  var isChannelsLast: Bool {
    guard sizes.count == 4 else { return true }
    if let last = sizes[3], last == 1 || last == 3 { return true }
    return !(sizes[1] == 1 || sizes[1] == 3)
  }

  /// The height, width and channels of an image; `nil` where the input takes none.
  var imageSizes: (height: Int, width: Int, channels: Int)? {
    let order = isChannelsLast ? [1, 2, 3] : [2, 3, 1]
    guard sizes.count == 4, let height = sizes[order[0]], let width = sizes[order[1]],
      let channels = sizes[order[2]], channels == 1 || channels == 3, height > 0, width > 0
    else { return nil }
    return (height, width, channels)
  }

  /// The extent of the channel axis of a tensor, and the elements between neighbours on it.
  func channelAxis(_ sizes: [Int]) -> (channels: Int, inner: Int) {
    guard sizes.count > 1 else { return (1, 1) }
    let axis = sizes.count == 4 && !isChannelsLast ? 1 : sizes.count - 1
    return (sizes[axis], sizes[(axis + 1)...].reduce(1, *))
  }

  /// Real numbers as the input takes them.
  ///
  /// Integer inputs take `round(x / scale) + zeroPoint`, ties to even, inside their range.
  /// Source: TensorFlow Lite 8-bit quantization specification.
  ///
  /// - Throws: `DATA_INVALID` where the input has no scale for that.
  func tensor(_ values: [Float], _ sizes: [Int]) throws(ReadError) -> Tensor {
    guard !type.isFloat else {
      guard type != .float64 else {
        return Tensor(type: type, sizes: sizes, elements: .doubles(values.map(Double.init)))
      }
      let rounded = type == .float32 ? values : values.map { NarrowFloat.round($0, to: type) }
      return Tensor(type: type, sizes: sizes, elements: .floats(rounded))
    }
    guard type.isInteger, let bits = type.bitWidth, bits <= 32 else {
      throw ReadError(.dataInvalid, "input \"\(name)\" of \(type.rawValue) takes no real numbers")
    }
    let unsigned = type.isUnsignedInteger
    let least = unsigned ? 0.0 : -Double(1 << (bits - 1))
    let greatest = Double(1 << (unsigned ? bits : bits - 1)) - 1
    guard let scale = quantization?.scales.first, scale > 0, quantization?.scales.count == 1 else {
      throw ReadError(
        .dataInvalid,
        "input \"\(name)\" of \(type.rawValue) has no scale by which real numbers become integers"
      )
    }
    let zeroPoint = Double(quantization?.zeroPoint(0) ?? 0)
    let integers = values.map { value -> Int64 in
      let stored = Double((value / scale).rounded(.toNearestOrEven)) + zeroPoint
      return Int64(min(max(stored, least), greatest))
    }
    return Tensor(type: type, sizes: sizes, elements: .integers(integers))
  }
}
