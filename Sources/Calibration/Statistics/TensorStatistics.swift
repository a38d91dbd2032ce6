/// What one tensor was like over all samples.
package struct TensorStatistics: Equatable, Sendable {
  /// The range and the moments of one channel.
  package struct Channel: Equatable, Sendable {
    package var minimum = Float.infinity
    package var maximum = -Float.infinity
    package var sum = 0.0
    package var squares = 0.0
  }

  /// A moving average of the samples' ranges.
  package struct MovingRange: Equatable, Sendable {
    package var decay: Double
    package var minimum: Double
    package var maximum: Double
  }

  /// The samples seen.
  package private(set) var samples = 0
  /// The elements seen.
  package private(set) var elements = 0
  /// Σ x over finite elements.
  package private(set) var sum = 0.0
  /// Σ x² over finite elements.
  package private(set) var squares = 0.0
  package private(set) var histogram: RangeHistogram
  /// One for each decay, in the order of the options.
  package private(set) var movingRanges: [MovingRange] = []
  /// One a channel; empty where the tensor has no axis of channels.
  package private(set) var channels: [Channel] = []
  /// One a channel, where they were asked for.
  package private(set) var channelHistograms: [RangeHistogram] = []
  private let decays: [Double]
  private let channelBins: Int?

  init(bins: Int, channelBins: Int?, decays: [Double]) {
    histogram = RangeHistogram(binCount: bins)
    self.decays = decays
    self.channelBins = channelBins
  }

  /// The least finite element; `nil` where there is none.
  package var minimum: Float? { histogram.isEmpty ? nil : histogram.minimum }

  /// The greatest finite element; `nil` where there is none.
  package var maximum: Float? { histogram.isEmpty ? nil : histogram.maximum }

  /// Adds one sample's tensor; samples come in order.
  ///
  /// - Parameters:
  ///   - values: The elements in row-major order.
  ///   - channelCount: The extent of the channel axis; `nil` for none.
  ///   - inner: Elements between neighbours on that axis.
  mutating func add(_ values: [Float], channelCount: Int?, inner: Int) {
    samples += 1
    elements += values.count
    var least = Float.infinity
    var greatest = -Float.infinity
    var sampleSum = 0.0
    var sampleSquares = 0.0
    for value in values where value.isFinite {
      least = min(least, value)
      greatest = max(greatest, value)
      sampleSum += Double(value)
      sampleSquares += Double(value) * Double(value)
    }
    sum += sampleSum
    squares += sampleSquares
    values.withUnsafeBufferPointer { histogram.add($0, from: 0, stride: 1) }
    if least <= greatest { average(Double(least), Double(greatest)) }
    if let channelCount, channelCount > 0 { addChannels(values, channelCount, inner) }
  }

  /// `r ← d · r + (1 − d) · new`, beginning with the first sample's range.
  private mutating func average(_ least: Double, _ greatest: Double) {
    guard !movingRanges.isEmpty else {
      movingRanges = decays.map { MovingRange(decay: $0, minimum: least, maximum: greatest) }
      return
    }
    for index in movingRanges.indices {
      let decay = movingRanges[index].decay
      movingRanges[index].minimum = decay * movingRanges[index].minimum + (1 - decay) * least
      movingRanges[index].maximum = decay * movingRanges[index].maximum + (1 - decay) * greatest
    }
  }

  private mutating func addChannels(_ values: [Float], _ count: Int, _ inner: Int) {
    if channels.isEmpty {
      channels = Array(repeating: Channel(), count: count)
      if let channelBins {
        channelHistograms = Array(repeating: RangeHistogram(binCount: channelBins), count: count)
      }
    }
    guard channels.count == count else { return }
    let block = count * inner
    for start in stride(from: 0, to: values.count - block + 1, by: block) {
      for channel in 0..<count {
        var part = channels[channel]
        for index in start + channel * inner..<start + (channel + 1) * inner {
          let value = values[index]
          guard value.isFinite else { continue }
          part.minimum = min(part.minimum, value)
          part.maximum = max(part.maximum, value)
          part.sum += Double(value)
          part.squares += Double(value) * Double(value)
        }
        channels[channel] = part
        guard !channelHistograms.isEmpty else { continue }
        values[(start + channel * inner)..<(start + (channel + 1) * inner)]
          .withUnsafeBufferPointer {
            channelHistograms[channel].add($0, from: 0, stride: 1)
          }
      }
    }
  }
}
