import ByteIO
import Execution
import ModelIR
import Operators

/// Calibration samples: read one by one, in an order that never changes.
package struct SampleSet: Sendable {
  /// How samples are read.
  package struct Options: Sendable {
    /// The labels' file: `.npy`, or text with one integer a line.
    package var labels: String?
    /// What is done to stored samples; `nil` for what the model's metadata states.
    package var preprocessing: Preprocessing?
    package var limits = Limits()

    package init(labels: String? = nil, preprocessing: Preprocessing? = nil) {
      self.labels = labels
      self.preprocessing = preprocessing
    }
  }

  /// What reading may take.
  package struct Limits: Sendable {
    /// Bytes of a compressed member of an archive, which has to be in memory whole.
    package var inflatedBytes = 1 << 31
    package var picture = Picture.Limits()

    package init() {}
  }

  /// The file or folder.
  package let path: String
  /// The inputs that samples are read for, in the model's order.
  package let forms: [InputForm]
  /// What is done to stored samples, in the words of `--preprocess`; empty where nothing is.
  package let preprocessing: String
  /// How it came to that: said in reports.
  package let preprocessingOrigin: PreprocessingOrigin
  /// The names of the class folders, in the order of the labels.
  package let classNames: [String]?
  let columns: [SampleColumn]
  private let allLabels: [Int]?
  /// The positions of the samples in the data.
  package private(set) var order: [Int]
  /// What chose the samples; `nil` where they are all or the first ones.
  package private(set) var seed: UInt64?

  /// Who said what is done to samples.
  package enum PreprocessingOrigin: String, Sendable {
    /// The user.
    case stated
    /// The model's metadata.
    case metadata
    /// Nobody; samples are taken as they are stored.
    case none
  }

  init(
    path: String,
    columns: [SampleColumn],
    count: Int,
    labels: [Int]?,
    classNames: [String]?,
    preprocessing: String,
    origin: PreprocessingOrigin
  ) {
    self.path = path
    self.columns = columns
    forms = columns.map(\.form)
    allLabels = labels
    self.classNames = classNames
    self.preprocessing = preprocessing
    preprocessingOrigin = origin
    order = Array(0..<count)
  }

  /// The number of samples.
  package var count: Int { order.count }

  /// The class of each sample, where it is known.
  package var labels: [Int]? { allLabels.map { labels in order.map { labels[$0] } } }

  /// One sample: a tensor for each input, in the model's order.
  ///
  /// - Throws: with the file and the row.
  package func sample(_ index: Int) throws(ReadError) -> [Tensor] {
    var tensors: [Tensor] = []
    for column in columns { tensors.append(try column.sample(order[index])) }
    return tensors
  }

  /// The first `count` samples, or as many chosen by a seed; their order stays that of the data.
  ///
  /// - Parameters:
  ///   - count: How many; all where there are no more.
  ///   - seed: What chooses them; `nil` for the first ones.
  /// - Returns: The chosen samples.
  package func choosing(_ count: Int, seed: UInt64? = nil) -> SampleSet {
    guard count < order.count else { return self }
    var result = self
    guard let seed else {
      result.order = Array(order.prefix(max(count, 0)))
      return result
    }
    result.seed = seed
    var generator = SeededGenerator(seed: seed)
    // Floyd's method: every subset is equally likely (Bentley and Floyd 1987).
    var chosen: Set<Int> = []
    for last in order.count - max(count, 0)..<order.count {
      let place = generator.below(last + 1)
      if !chosen.insert(place).inserted { chosen.insert(last) }
    }
    result.order = chosen.sorted().map { order[$0] }
    return result
  }

  /// The samples at some positions, in their order.
  package func selecting(_ positions: some Sequence<Int>) -> SampleSet {
    var result = self
    result.order = positions.map { order[$0] }
    return result
  }

  /// Checks labels against the classes of an output.
  ///
  /// - Throws: `DATA_INVALID` at the first label that is no class.
  package func checkLabels(classCount: Int) throws(ReadError) {
    for (index, label) in (labels ?? []).enumerated() where label >= classCount {
      throw ReadError(
        .dataInvalid,
        "label \(label) of sample \(index), the model's output has \(classCount) classes",
        file: path
      )
    }
  }

  /// The SHA-256 over all samples as the model takes them, and their labels.
  ///
  /// - Complexity: reads all samples; `SampleDigest` makes the same while they are used.
  package func digest() throws(ReadError) -> String {
    var digest = SampleDigest()
    for index in order.indices { digest.add(try sample(index), label: labels?[index]) }
    return digest.hexadecimal()
  }
}

/// The digest of samples, one after the other.
package struct SampleDigest {
  private var digest = SHA256()

  package init() {}

  /// Adds a sample: for each tensor its type, extents and little-endian elements, then the label.
  package mutating func add(_ tensors: [Tensor], label: Int?) {
    for tensor in tensors {
      let header = tensor.type.rawValue + "[" + tensor.sizes.map(String.init).joined(separator: ",")
      digest.update(Array((header + "]").utf8))
      digest.update(tensor.npyArray()?.elements.array ?? [])
    }
    digest.update(Array((label.map { "label \($0)" } ?? "no label").utf8))
  }

  /// The digest as 64 hexadecimal digits.
  package consuming func hexadecimal() -> String { digest.hexadecimal() }
}

/// Random numbers that a seed gives, the same on every machine.
///
/// SplitMix64. Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to below `bound`, by the upper half of a product (Lemire 2019, without the
  /// rejection: the bias is below 2⁻³² for fewer than 2³² samples).
  mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(bound, 1))).high)
  }
}
