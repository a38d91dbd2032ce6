import ByteIO
import ModelIR
import WireFormats

/// What is done to stored samples before the model takes them: `y = x · scale + offset`, and for
/// images what comes before it.
package struct Preprocessing: Equatable, Sendable {
  /// How an image is brought to the model's extents.
  package enum Resize: String, Sendable, CaseIterable {
    case bilinear, nearest
  }

  /// What is cut off before resizing.
  package enum Crop: String, Sendable, CaseIterable {
    case none
    /// The largest centred part of the model's proportions stays.
    case center
  }

  /// The order of the colours.
  package enum Channels: String, Sendable, CaseIterable {
    case rgb, bgr, gray
  }

  /// A factor, kept as it was written: `x · numerator / denominator` rounds once more than a
  /// product with 1/255 would, and is what `x / 255` gives.
  package struct Factor: Equatable, Sendable {
    package var numerator: Double
    package var denominator: Double

    package init(_ numerator: Double, over denominator: Double = 1) {
      self.numerator = numerator
      self.denominator = denominator
    }

    package var text: String {
      number(numerator) + (denominator == 1 ? "" : "/" + number(denominator))
    }
  }

  /// One for all channels, one each, or none.
  package var scale: [Factor] = []
  /// One for all channels, one each, or none.
  package var offset: [Double] = []
  package var resize: Resize?
  package var crop: Crop?
  package var channels: Channels?

  /// Samples as they are stored.
  package init() {}

  /// Reads `scale=1/127.5,offset=-1,resize=bilinear,crop=center,channels=rgb`; numbers of several
  /// channels are separated by colons.
  ///
  /// - Throws: `USAGE` for keys and values that are not known, and keys that stand twice.
  package init(_ text: String) throws(ReadError) {
    var seen: Set<String> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else {
        throw Self.usage("\"\(part)\" is not of the form key=value")
      }
      let key = String(sides[0])
      guard seen.insert(key).inserted else { throw Self.usage("\"\(key)\" stands twice") }
      let values = sides[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      try set(key, values)
    }
  }

  /// Reads a JSON5 object of the same keys; numbers of several channels are a list, factors may be
  /// text such as `"1/127.5"`.
  ///
  /// - Throws: `DATA_INVALID` with the place.
  package init(json5 bytes: Bytes) throws(ReadError) {
    do throws(JSON5Error) {
      let options = JSON5Options(maximumBytes: 1 << 16, code: .dataInvalid)
      let root = try JSON5.decode(bytes, options: options)
      var object = try root.object("preprocessing")
      for key in ["scale", "offset", "resize", "crop", "channels"] {
        guard let element = object.optional(key) else { continue }
        let values = try Self.texts(element)
        do throws(ReadError) {
          try set(key, values)
        } catch {
          throw element.error(error.message)
        }
      }
      try object.finish()
    } catch {
      throw error.readError
    }
  }

  private static func texts(_ element: JSON5Element) throws(JSON5Error) -> [String] {
    if let items = try? element.array() {
      var result: [String] = []
      for item in items { result += try texts(item) }
      return result
    }
    if let value = try? element.double() { return [number(value)] }
    return [try element.string()]
  }

  /// What the model's metadata states for an input: `(x − mean) / std`; `nil` where it states nothing.
  ///
  /// Source: TensorFlow Lite metadata schema, `NormalizationOptions`.
  package init?(metadata: [MetadataEntry], input index: Int) {
    func numbers(_ name: String) -> [Double]? {
      let entry = metadata.first { $0.name == "input[\(index)].\(name)" }
      let values = entry?.value.split(separator: ",").map { part in
        Double(String(part.drop { $0 == " " }))
      }
      guard let values, !values.isEmpty else { return nil }
      let known = values.compactMap { $0 }
      return known.count == values.count && known.allSatisfy(\.isFinite) ? known : nil
    }
    guard let mean = numbers("mean"), let deviation = numbers("std"),
      mean.count == deviation.count, deviation.allSatisfy({ $0 != 0 })
    else { return nil }
    scale = deviation.map { Factor(1, over: $0) }
    offset = zip(mean, deviation).map { mean, deviation in mean == 0 ? 0 : -mean / deviation }
  }

  private mutating func set(_ key: String, _ values: [String]) throws(ReadError) {
    switch key {
    case "scale":
      var factors: [Factor] = []
      for value in values { factors.append(try Self.factor(value)) }
      scale = factors
    case "offset":
      var numbers: [Double] = []
      for value in values {
        let factor = try Self.factor(value)
        numbers.append(factor.numerator / factor.denominator)
      }
      offset = numbers
    case "resize": resize = try Self.choice(key, values)
    case "crop": crop = try Self.choice(key, values)
    case "channels": channels = try Self.choice(key, values)
    default:
      throw Self.usage("unknown key \"\(key)\"; known are scale, offset, resize, crop, channels")
    }
  }

  private static func factor(_ text: String) throws(ReadError) -> Factor {
    let sides = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
    let numbers = sides.compactMap { $0 }.filter(\.isFinite)
    guard (1...2).contains(sides.count), numbers.count == sides.count,
      sides.count == 1 || numbers[1] != 0
    else { throw usage("\"\(text)\" is no number and no fraction") }
    return Factor(numbers[0], over: numbers.count == 2 ? numbers[1] : 1)
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String,
    _ values: [String]
  ) throws(ReadError) -> Choice {
    guard values.count == 1, let choice = Choice(rawValue: values[0]) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw usage("\(key) is one of \(known), not \"\(values.joined(separator: ":"))\"")
    }
    return choice
  }

  private static func usage(_ message: String) -> ReadError {
    ReadError(.usage, "preprocessing: " + message)
  }

  /// Whether numbers are changed.
  package var changesNumbers: Bool { !scale.isEmpty || !offset.isEmpty }

  /// The text that gives this preprocessing again; empty where nothing is done.
  package var text: String {
    var parts: [String] = []
    if !scale.isEmpty { parts.append("scale=" + scale.map(\.text).joined(separator: ":")) }
    if !offset.isEmpty { parts.append("offset=" + offset.map(number).joined(separator: ":")) }
    if let resize { parts.append("resize=" + resize.rawValue) }
    if let crop { parts.append("crop=" + crop.rawValue) }
    if let channels { parts.append("channels=" + channels.rawValue) }
    return parts.joined(separator: ",")
  }

  /// Scales values in place.
  ///
  /// - Parameters:
  ///   - values: Elements in row-major order.
  ///   - channels: The extent of the channel axis.
  ///   - inner: Elements between neighbours on that axis.
  /// - Throws: `USAGE` where there are numbers for another number of channels.
  package func scale(_ values: inout [Float], channels: Int, inner: Int) throws(ReadError) {
    for (name, count) in [("scale", scale.count), ("offset", offset.count)]
    where count > 1 && count != channels {
      throw Self.usage("\(count) values of \(name) for \(channels) channels")
    }
    guard changesNumbers else { return }
    let numerators = scale.map { Float($0.numerator) }
    let denominators = scale.map { Float($0.denominator) }
    let offsets = offset.map { Float($0) }
    for index in values.indices {
      let channel = channels > 1 ? index / inner % channels : 0
      var value = values[index]
      if !numerators.isEmpty {
        let place = numerators.count > 1 ? channel : 0
        value = value * numerators[place] / denominators[place]
      }
      if !offsets.isEmpty { value += offsets[offsets.count > 1 ? channel : 0] }
      values[index] = value
    }
  }
}

/// A number without a fraction that says nothing.
private func number(_ value: Double) -> String {
  if let integer = Int(exactly: value) { return String(integer) }
  return "\(value)"
}
