import Profiling
import WireFormats

extension JSONReport {
  /// What measuring gave of the whole model.
  func measurement(_ measurement: ModelProfile.Measurement) -> JSONValue {
    [
      "runs": .int(measurement.runs),
      "warmUps": .int(measurement.warmUps),
      "threads": .int(measurement.threads),
      "input": .string(measurement.input),
      "instructionSet": .string(measurement.instructionSet),
      "peakMacsPerSecond": JSONValue(measurement.peakMultiplyAddsPerSecond.rounded()),
      "peakBytesPerSecond": JSONValue(measurement.peakBytesPerSecond.rounded()),
      "totalMicroseconds": JSONValue(rounded(measurement.totalMicroseconds)),
      "sumMicroseconds": JSONValue(rounded(measurement.sumMicroseconds)),
      "macsPerSecond": JSONValue(measurement.multiplyAddsPerSecond?.rounded()),
      "boundShares": .object(
        measurement.boundShares.map { .init($0.bound.rawValue, JSONValue(rounded($0.share))) }
      ),
    ]
  }

  /// What measuring gave of one operator.
  func times(_ row: ModelProfile.OperatorRow) -> [JSONValue.Member] {
    let time = row.time
    var within: Int?
    var place: String?
    switch time?.place {
    case .own: place = time?.usesKernel == true ? "kernel" : "reference"
    case .beforehand: place = "beforehand"
    case .within(let index): (place, within) = ("fused", index)
    case nil: break
    }
    return [
      .init("medianMicroseconds", JSONValue(time?.medianMicroseconds.map(rounded))),
      .init("timedAs", JSONValue(place)),
      .init("timedWithin", JSONValue(within)),
      .init("movedBytes", JSONValue(time?.movedBytes)),
      .init("macsPerSecond", JSONValue(time?.multiplyAddsPerSecond?.rounded())),
      .init("shareOfPeak", JSONValue(time?.shareOfPeak.map(rounded))),
      .init("shareOfBandwidth", JSONValue(time?.shareOfBandwidth.map(rounded))),
      .init("macsPerByte", JSONValue(time?.intensity.map(rounded))),
      .init("bound", JSONValue(time?.bound?.rawValue)),
    ]
  }

  /// Three decimals: a thousandth of a microsecond, a tenth of a percent.
  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

extension JSONValue {
  /// The object with further members at its end.
  func with(_ members: [Member]) -> JSONValue {
    guard case .object(let own) = self else { return self }
    return .object(own + members)
  }
}
