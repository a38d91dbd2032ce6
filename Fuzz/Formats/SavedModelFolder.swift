import ByteIO
import FormatTensorFlow
import FuzzSupport
import ModelIR

/// A SavedModel directory whose three files are cut out of the fuzzer's bytes.
///
/// Layout: the bytes of `saved_model.pb` and of `variables.index` as two 16-bit numbers, then both,
/// then the data file.
enum SavedModelFolder {
  private static let names = [
    "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001",
  ]
  private static let folder = ScratchFolder("savedmodel", files: names)

  static func check(_ bytes: Bytes) throws {
    let sizes = [Int(try bytes.uint16(at: 0)), Int(try bytes.uint16(at: 2))]
    var rest = bytes.array.dropFirst(4)
    for (name, size) in zip(names, sizes + [Int.max]) {
      try folder.write(Array(rest.prefix(size)), to: name)
      rest = rest.dropFirst(size)
    }
    let (model, _) = try TensorFlowFormat.load(
      directory: try DirectoryHandle(path: folder.path),
      path: folder.path
    )
    let total = model.ledger.totals().reduce(0) { $0 + $1.byteCount }
    try promise(total == bytes.count - 4, "the ledger has \(total) of \(bytes.count - 4) bytes")
    try checkInvariants(of: model)
  }
}
