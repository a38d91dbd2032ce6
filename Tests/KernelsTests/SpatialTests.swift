import Kernels
import Testing

@Suite struct SpatialTests {
  static func poolingShape(_ random: inout SplitMix) -> ConvolutionShape {
    var shape = ConvolutionShape.random(&random)
    shape.variants = 1
    shape.groups = 1
    shape.inputChannels = random.pick([1, 3, 8, 16, 19, 40])
    shape.outputChannels = shape.inputChannels
    shape.inputPixelStride = shape.inputChannels + random.pick([0, 2])
    shape.outputPixelStride = shape.inputChannels + random.pick([0, 5])
    return shape
  }

  /// Calls `visit` with each output's index and the input indices of its window.
  static func forEachWindow(_ shape: ConvolutionShape, _ visit: (Int, [Int]) -> Void) {
    var depthwise = shape
    depthwise.groups = shape.inputChannels
    ConvolutionReference(shape: depthwise).forEachOutput { visit($0.index, $0.taps.map(\.input)) }
  }

  @Test(arguments: InstructionSet.available, 0..<60)
  func `float pooling`(set: InstructionSet, seed: Int) throws {
    var random = SplitMix(6000 + seed)
    let shape = Self.poolingShape(&random)
    let reference = ConvolutionReference(shape: shape)
    let input = random.floats(reference.inputCount)
    let pooling = try Pooling(shape, instructionSet: set)
    let countsPadding = random.pick([true, false])
    var maxima = [Float](repeating: 7, count: reference.outputCount)
    var means = maxima
    for job in (0..<pooling.jobCount).reversed() {
      pooling.maximum(input, to: &maxima, clamp: (-0.5, 0.9), jobs: job..<job + 1)
      pooling.average(
        input,
        to: &means,
        countsPadding: countsPadding,
        clamp: (-0.4, 0.4),
        jobs: job..<job + 1
      )
    }
    var expectedMaxima = [Float](repeating: 7, count: reference.outputCount)
    var expectedMeans = expectedMaxima
    Self.forEachWindow(shape) { index, window in
      expectedMaxima[index] = min(max(window.map { input[$0] }.max() ?? -0.5, -0.5), 0.9)
      let count = countsPadding ? shape.kernelHeight * shape.kernelWidth : max(window.count, 1)
      expectedMeans[index] = min(
        max(window.map { input[$0] }.reduce(0, +) / Float(count), -0.4),
        0.4
      )
    }
    #expect(maxima == expectedMaxima)
    #expect(means == expectedMeans)
  }

  @Test(
    arguments: InstructionSet.available,
    [ConvolutionPlan.Element.int8, .uint8, .int16]
  )
  func `quantized pooling`(set: InstructionSet, element: ConvolutionPlan.Element) throws {
    for seed in 0..<25 {
      var random = SplitMix(7000 + seed)
      var shape = Self.poolingShape(&random)
      if seed == 0 {
        // A window whose sum needs more than 23 bits with 16-bit values.
        (shape.inputHeight, shape.inputWidth, shape.kernelHeight, shape.kernelWidth) =
          (20, 20, 20, 20)
      }
      let reference = ConvolutionReference(shape: shape)
      let range: ClosedRange<Int32> =
        element == .uint8 ? 0...255 : element == .int8 ? -128...127 : -32768...32767
      let values = random.integers(reference.inputCount, in: range)
      let bytes = values.map { UInt8(truncatingIfNeeded: $0) }
      let words = values.map { Int16(truncatingIfNeeded: $0) }
      let clamp = (lower: range.lowerBound + 3, upper: range.upperBound - 9)
      let pooling = try Pooling(shape, instructionSet: set)
      var results: [[Int32]] = []
      for isMaximum in [true, false] {
        var byteOutput = [UInt8](repeating: 5, count: reference.outputCount)
        var wordOutput = [Int16](repeating: 5, count: reference.outputCount)
        let jobs = 0..<pooling.jobCount
        switch (isMaximum, element) {
        case (true, .int16):
          pooling.maximum(words, to: &wordOutput, element: element, clamp: clamp, jobs: jobs)
        case (false, .int16):
          pooling.average(words, to: &wordOutput, element: element, clamp: clamp, jobs: jobs)
        case (true, _):
          pooling.maximum(bytes, to: &byteOutput, element: element, clamp: clamp, jobs: jobs)
        case (false, _):
          pooling.average(bytes, to: &byteOutput, element: element, clamp: clamp, jobs: jobs)
        }
        switch element {
        case .int16: results.append(wordOutput.map(Int32.init))
        case .uint8: results.append(byteOutput.map(Int32.init))
        default: results.append(byteOutput.map { Int32(Int8(bitPattern: $0)) })
        }
      }
      var maxima = [Int32](repeating: 5, count: reference.outputCount)
      var means = maxima
      Self.forEachWindow(shape) { index, window in
        let taps = window.map { values[$0] }
        maxima[index] = min(max(taps.max() ?? clamp.lower, clamp.lower), clamp.upper)
        let sum = taps.reduce(0, +)
        let count = Int32(max(taps.count, 1))
        let mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count
        means[index] = min(max(mean, clamp.lower), clamp.upper)
      }
      #expect(results[0] == maxima)
      #expect(results[1] == means)
    }
  }

  @Test(arguments: InstructionSet.available)
  func `bilinear resizing weights four neighbours`(set: InstructionSet) {
    var random = SplitMix(31)
    let (height, width, channels) = (5, 4, 19)
    let input = random.floats(height * width * channels)
    func samples(_ count: Int, _ extent: Int) -> [Layout.Sample] {
      (0..<count).map { index in
        let position = Float(index) * Float(extent) / Float(count)
        let first = min(Int(position), extent - 1)
        return Layout.Sample(
          first: first,
          second: min(first + 1, extent - 1),
          fraction: position - Float(first)
        )
      }
    }
    let (lines, columns) = (samples(7, height), samples(9, width))
    let resizing = Resizing(inputWidth: width, lines: lines, columns: columns)
    var output = [Float](repeating: .nan, count: 7 * 9 * channels)
    for job in 0..<7 {
      resizing.bilinear(
        input,
        channels: channels,
        to: &output,
        jobs: job..<job + 1,
        instructionSet: set
      )
    }
    for (index, value) in output.enumerated() {
      let (y, x, c) = (lines[index / channels / 9], columns[index / channels % 9], index % channels)
      func at(_ line: Int, _ column: Int) -> Float { input[(line * width + column) * channels + c] }
      let top = at(y.first, x.first) * (1 - x.fraction) + at(y.first, x.second) * x.fraction
      let bottom = at(y.second, x.first) * (1 - x.fraction) + at(y.second, x.second) * x.fraction
      // Four products below 1, rounded in another order.
      #expect(abs(value - (top * (1 - y.fraction) + bottom * y.fraction)) <= 0x1p-21)
    }
  }

  @Test func `nearest resizing copies pixels`() {
    let input: [Int16] = (0..<2 * 3 * 2).map { Int16($0) }
    let samples = { (indices: [Int]) in
      indices.map { Layout.Sample(first: $0, second: $0, fraction: 0) }
    }
    let resizing = Resizing(
      inputWidth: 3,
      lines: samples([1, 0, 1]),
      columns: samples([2, 2, 0, 1])
    )
    var output = [Int16](repeating: -1, count: 3 * 4 * 2)
    resizing.nearest(input, pixelByteCount: 4, to: &output, jobs: 0..<3)
    // Pixel (line, column) holds 2 * (3 * line + column) and the next number.
    let expected = [1, 0, 1].flatMap { line in
      [2, 2, 0, 1].flatMap { column in [0, 1].map { Int16(2 * (3 * line + column) + $0) } }
    }
    #expect(output == expected)
  }

  @Test(arguments: [1, 2, 4, 8], [(1, 1), (3, 50), (17, 16), (40, 33)])
  func `transposing matrices`(bytes: Int, extents: (rows: Int, columns: Int)) {
    var random = SplitMix(32)
    let (rows, columns) = extents
    let input: [UInt8] = random.integers(2 * rows * columns * bytes)
    var output = input
    Layout.transpose(
      input,
      to: &output,
      count: 2,
      rows: rows,
      columns: columns,
      elementByteCount: bytes
    )
    var expected = input
    for m in 0..<2 {
      for r in 0..<rows {
        for c in 0..<columns {
          for b in 0..<bytes {
            expected[((m * columns + c) * rows + r) * bytes + b] =
              input[((m * rows + r) * columns + c) * bytes + b]
          }
        }
      }
    }
    #expect(output == expected)
  }
}
