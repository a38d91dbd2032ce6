import ByteIO
import Operators
import WireFormats

/// Named arrays in a file: NumPy's `.npz` (a ZIP archive of `.npy` members), or a `.npy` alone.
package struct TensorArchive: Sendable {
  /// An array and its name; a `.npy` alone has none.
  package struct Entry: Sendable {
    package var name: String
    package var array: NPYArray

    package init(_ name: String, _ array: NPYArray) {
      self.name = name
      self.array = array
    }
  }

  /// The arrays, in the order of the file.
  package let entries: [Entry]

  /// Reads an archive; the arrays stay where they are unless they are compressed.
  ///
  /// - Throws: `DATA_INVALID` where it is neither kind of file, or damaged.
  package init(_ bytes: Bytes) throws(ReadError) {
    do throws(ReadError) {
      guard ZIPArchive.probe(bytes) else {
        entries = [Entry("", try NPYArray(bytes))]
        return
      }
      var entries: [Entry] = []
      for member in try ZIPArchive(bytes).members where member.name.hasSuffix(Self.ending) {
        let array = try located(member.name) { () throws(ReadError) in
          try NPYArray(try member.verifiedContent())
        }
        entries.append(Entry(String(member.name.dropLast(Self.ending.count)), array))
      }
      self.entries = entries
    } catch {
      // Which part of the container is damaged does not matter to scripts: the data is.
      var error = error
      if [.modelInvalid, .modelTruncated, .modelUnsupported].contains(error.code) {
        error.code = .dataInvalid
      }
      throw error
    }
  }

  private static let ending = ".npy"

  /// The bytes of an `.npz` of tensors.
  ///
  /// - Throws: where an element type has no counterpart in NumPy, or it would be too large.
  package static func serialized(_ tensors: [(name: String, tensor: Tensor)])
    throws(ExecutionError) -> [UInt8]
  {
    var writer = ZIPWriter()
    for (name, tensor) in tensors {
      guard let array = tensor.npyArray() else {
        throw ExecutionError(
          .modelUnsupported,
          "\"\(name)\" holds \(tensor.type.rawValue), which a .npz cannot"
        )
      }
      guard writer.append(name + ending, array.serialized()) else {
        throw ExecutionError(.limitExceeded, "the .npz would be larger than 4 GiB")
      }
    }
    return writer.finish()
  }
}
