import ByteIO
import Execution
import Operators
import WireFormats

/// The classes of samples, in a file of their own.
enum LabelFile {
  /// More text than any list of labels.
  private static let textLimit = 1 << 28

  /// Reads a `.npy` of integers, or text with one integer a line.
  ///
  /// - Throws: `DATA_INVALID` with the line.
  static func read(_ path: String) throws(ReadError) -> [Int] {
    do throws(ReadError) {
      let bytes = try ByteSource.mapping(path: path).bytes
      if bytes.has("NUMPY", at: 1) { return try integers(try SampleColumn.array(bytes), path) }
      guard bytes.count <= textLimit else {
        throw ReadError(.limitExceeded, "labels of more than \(textLimit) bytes")
      }
      return try lines(bytes.string)
    } catch {
      var error = error
      if error.file == nil { error.file = path }
      throw error
    }
  }

  private static func lines(_ text: String) throws(ReadError) -> [Int] {
    var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    if lines.last?.isEmpty == true { lines.removeLast() }
    var labels: [Int] = []
    for (index, line) in lines.enumerated() {
      let word = line.filter { $0 != " " && $0 != "\t" }
      guard let label = Int(word) else {
        throw ReadError(
          .dataInvalid,
          "\"\(line.prefix(40))\" is no integer",
          path: "line \(index + 1)"
        )
      }
      labels.append(label)
    }
    return labels
  }

  /// The integers of an array of one axis, or of several of which all but the first have one element.
  static func integers(_ array: NPYArray, _ path: String) throws(ReadError) -> [Int] {
    guard let tensor = Tensor(array), let values = tensor.integerValues,
      tensor.sizes.first == values.count
    else {
      throw ReadError(
        .dataInvalid,
        "labels are one integer a sample, not \"\(array.type)\" of \(array.sizes)",
        file: path
      )
    }
    return values
  }
}
