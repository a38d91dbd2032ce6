import ModelIR

extension OperatorDefinition {
  /// Fourier transforms over the last `axes` axes of complex numbers, from real ones, or to them.
  ///
  /// `form` is `complex`, `realToComplex` or `complexToReal`; the last two take the lengths as their
  /// second operand, and crop or fill with zeros to them. Of a real signal's spectrum the last axis
  /// keeps `N / 2 + 1` values. With `inverse` a transform is divided by its length.
  /// Sources: TensorFlow FFT, FFT2D, FFT3D, IFFT…, RFFT…, IRFFT….
  static let fourierTransform = spectral(
    "fourierTransform",
    "Fourier transforms over the last axes.",
    inputs: 1...2
  ) { (attributes) throws(OperatorError) in try SpectralPlan(attributes) }

  /// The spectrum of real images: (x `[…, h, w]`, lengths `[2]`) give `[…, h', w' / 2 + 1]` complex
  /// numbers.
  ///
  /// The operand is cropped or padded with zeros to the lengths. Source: TFLite RFFT2D.
  static let rfft2D = spectral("rfft2D", "The spectrum of real images.", inputs: 2...2) {
    (_) throws(OperatorError) in SpectralPlan(axes: 2, form: .realToComplex, isInverse: false)
  }

  private static func spectral(
    _ name: String,
    _ summary: String,
    inputs: ClosedRange<Int>,
    plan: @escaping @Sendable (AttributeReader) throws(OperatorError) -> SpectralPlan
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .signal,
      inputs: inputs,
      inferTypes: { (context) throws(OperatorError) in
        [try plan(context.attributes).type(context)]
      },
      cost: CostRule { context in
        guard let plan = try? plan(context.node.attributes), let inputs = context.inputSizes(0),
          let lengths = plan.form == .complex
            ? inputs.suffix(plan.axes) : context.node.integers(1)?[...],
          inputs.count >= plan.axes, let length = checkedProduct(lengths),
          let transforms = checkedProduct(inputs.dropLast(plan.axes))
        else { return .uncounted }
        return FourierTransform.cost(transforms: transforms, length: length)
      },
      evaluate: { (context) throws(OperatorError) in
        let plan = try plan(context.attributes)
        return [try SpectralEvaluation(plan, context).result()]
      }
    )
  }
}

/// What a node says about its transform.
private struct SpectralPlan {
  enum Form: String {
    case complex, realToComplex, complexToReal
  }

  var axes: Int
  var form: Form
  var isInverse: Bool

  init(axes: Int, form: Form, isInverse: Bool) {
    (self.axes, self.form, self.isInverse) = (axes, form, isInverse)
  }

  init(_ attributes: AttributeReader) throws(OperatorError) {
    let name = try attributes.string("form", default: "complex")
    guard let form = Form(rawValue: name) else { throw .invalid("the form \"\(name)\"") }
    self.form = form
    axes = try attributes.int("axes", default: 1)
    guard (1...3).contains(axes) else { throw .invalid("transforms over \(axes) axes") }
    isInverse = try attributes.bool("inverse")
  }

  /// The type of the result.
  func type(_ context: OperatorContext) throws(OperatorError) -> TensorType {
    let input = try context.input(0)
    let isDouble = input.element == .float64 || input.element == .complex128
    let element: ElementType =
      switch form {
      case .complexToReal: isDouble ? .float64 : .float32
      case .complex, .realToComplex: isDouble ? .complex128 : .complex64
      }
    guard var dimensions = input.shape.dimensions else { return TensorType(element, .unknownRank) }
    guard dimensions.count >= axes else {
      throw .invalid("transforms over \(axes) axes of \(dimensions.count)")
    }
    guard form != .complex else { return TensorType(element, input.shape) }
    let first = dimensions.count - axes
    for axis in first..<dimensions.count { dimensions[axis] = .unknown }
    if let lengths = context.dimensions(1) {
      guard lengths.count == axes, lengths.allSatisfy({ ($0.size ?? 0) >= 0 }) else {
        throw .invalid("transforms of \(lengths) values")
      }
      for (place, length) in lengths.enumerated() { dimensions[first + place] = length }
      if form == .realToComplex, let length = lengths[axes - 1].size {
        dimensions[dimensions.count - 1] = .fixed(length / 2 + 1)
      } else if form == .realToComplex {
        dimensions[dimensions.count - 1] = .unknown
      }
    }
    return TensorType(element, .ranked(dimensions))
  }
}

/// A transform with all extents known.
private struct SpectralEvaluation {
  let plan: SpectralPlan
  let type: ElementType
  let values: [Double]
  let inputParts: Int
  /// The extents of the operand and of the result over the axes of the transform.
  let own: [Int]
  let lengths: [Int]
  let sizes: [Int]
  /// What the transform works on: of a real signal's spectrum only the first half.
  let work: [Int]

  init(_ plan: SpectralPlan, _ context: EvaluationContext) throws(OperatorError) {
    self.plan = plan
    let input = try context.input(0)
    let result = try plan.type(context.operatorContext)
    guard let sizes = result.shape.sizes, let values = input.doubleValues else {
      throw .invalid("the lengths are not known")
    }
    inputParts = plan.form == .realToComplex ? 1 : 2
    guard input.scalarsPerElement == inputParts else {
      throw .invalid("a transform of \(input.type) numbers")
    }
    (self.sizes, self.values, type) = (sizes, values, result.element)
    own = Array(input.sizes.suffix(plan.axes))
    lengths = plan.form == .complex ? own : try context.integers(1)
    work =
      plan.form == .complex ? own : lengths.dropLast() + [lengths[plan.axes - 1] / 2 + 1]
    _ = try Tensor.checkedCount(sizes)
    _ = try Tensor.checkedCount(lengths)
    _ = try Tensor.checkedCount(work)
  }

  func result() throws(OperatorError) -> Tensor {
    let count = try Tensor.checkedCount(sizes)
    let parts = plan.form == .complexToReal ? 1 : 2
    let images = try Tensor.checkedCount(Array(sizes.dropLast(plan.axes)))
    var numbers: [Double] = []
    numbers.reserveCapacity(count * parts)
    let isEmpty = lengths.contains(0)
    for image in 0..<images where count > 0 {
      if isEmpty {
        // The spectrum of no values at all has one bin, which is 0.
        numbers += Array(repeating: 0, count: count / images * parts)
        continue
      }
      var (real, imaginary) = plan.form == .realToComplex ? rows(image) : loaded(image)
      let last = plan.axes - 1
      for axis in 0..<(plan.form == .complex ? plan.axes : last) {
        transform(&real, &imaginary, along: axis)
      }
      if plan.form == .complexToReal {
        numbers += realRows(real, imaginary)
      } else {
        for (re, im) in zip(real, imaginary) { numbers += [re, im] }
      }
    }
    if type == .float32 || type == .complex64 {
      return Tensor(type: type, sizes: sizes, elements: .floats(numbers.map { Float($0) }))
    }
    return Tensor(type: type, sizes: sizes, elements: .doubles(numbers))
  }

  /// The complex numbers of an image, cropped or filled with zeros.
  private func loaded(_ image: Int) -> ([Double], [Double]) {
    let count = work.reduce(1, *)
    var real = Array(repeating: 0.0, count: count)
    var imaginary = real
    let start = image * own.reduce(1, *)
    for place in 0..<count {
      guard let source = source(of: place, in: work) else { continue }
      real[place] = values[2 * (start + source)]
      imaginary[place] = values[2 * (start + source) + 1]
    }
    return (real, imaginary)
  }

  /// Where a position of the worked-on extents lies in the operand; `nil` outside it.
  private func source(of place: Int, in extents: [Int]) -> Int? {
    let coordinates = Strides.coordinates(place, in: extents)
    var source = 0
    for (axis, position) in coordinates.enumerated() {
      guard position < own[axis] else { return nil }
      source = source * own[axis] + position
    }
    return source
  }

  /// The spectra of the rows of a real image.
  private func rows(_ image: Int) -> ([Double], [Double]) {
    let (length, bins) = (lengths[plan.axes - 1], work[plan.axes - 1])
    let start = image * own.reduce(1, *)
    let kernel = FourierTransform(length: length, isInverse: false)
    let zeros = Array(repeating: 0.0, count: length)
    var (real, imaginary): ([Double], [Double]) = ([], [])
    for row in 0..<lengths.dropLast().reduce(1, *) {
      var line = zeros
      for position in 0..<length {
        if let source = source(of: row * length + position, in: lengths) {
          line[position] = values[start + source]
        }
      }
      let spectrum = kernel(line, zeros)
      real += spectrum.real[..<bins]
      imaginary += spectrum.imaginary[..<bins]
    }
    return (real, imaginary)
  }

  /// The real signals that halves of spectra stand for.
  private func realRows(_ real: [Double], _ imaginary: [Double]) -> [Double] {
    let (length, bins) = (lengths[plan.axes - 1], work[plan.axes - 1])
    let kernel = FourierTransform(length: length, isInverse: true)
    var result: [Double] = []
    for start in stride(from: 0, to: real.count, by: bins) {
      var re = Array(repeating: 0.0, count: length)
      var im = re
      for k in 0..<bins where k < length {
        re[k] = real[start + k]
        im[k] = imaginary[start + k]
      }
      // The other half of a real signal's spectrum is the conjugate of the first.
      im[0] = 0
      if length % 2 == 0 { im[length / 2] = 0 }
      for k in (length / 2 + 1)..<max(length, length / 2 + 1) {
        re[k] = re[length - k]
        im[k] = -im[length - k]
      }
      result += kernel(re, im).real
    }
    return result
  }

  /// Transforms along one of the axes that are worked on.
  private func transform(_ real: inout [Double], _ imaginary: inout [Double], along axis: Int) {
    let length = work[axis]
    let inner = work[(axis + 1)...].reduce(1, *)
    let kernel = FourierTransform(length: length, isInverse: plan.isInverse)
    for outer in 0..<work[..<axis].reduce(1, *) {
      for column in 0..<inner {
        let places = (0..<length).map { (outer * length + $0) * inner + column }
        let spectrum = kernel(places.map { real[$0] }, places.map { imaginary[$0] })
        for (index, place) in places.enumerated() {
          real[place] = spectrum.real[index]
          imaginary[place] = spectrum.imaginary[index]
        }
      }
    }
  }
}
