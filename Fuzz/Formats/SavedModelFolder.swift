import ByteIO
import FormatTensorFlow
import FuzzSupport
import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A SavedModel directory whose three files are cut out of the fuzzer's bytes.
///
/// Layout: the bytes of `saved_model.pb` and of `variables.index` as two 16-bit numbers, then both,
/// then the data file.
enum SavedModelFolder {
  /// In memory where the system has such a place.
  private static let path: String = {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    let path = parent + "/analyze-fuzz-\(getpid())"
    mkdir(path, 0o700)
    mkdir(path + "/variables", 0o700)
    atexit {
      for name in names { unlink(SavedModelFolder.path + "/" + name) }
      rmdir(SavedModelFolder.path + "/variables")
      rmdir(SavedModelFolder.path)
    }
    return path
  }()

  private static let names = [
    "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001",
  ]

  static func check(_ bytes: Bytes) throws {
    let sizes = [Int(try bytes.uint16(at: 0)), Int(try bytes.uint16(at: 2))]
    var rest = bytes.array.dropFirst(4)
    for (name, size) in zip(names, sizes + [Int.max]) {
      try write(Array(rest.prefix(size)), to: path + "/" + name)
      rest = rest.dropFirst(size)
    }
    let (model, _) = try TensorFlowFormat.load(
      directory: try DirectoryHandle(path: path),
      path: path
    )
    let total = model.ledger.totals().reduce(0) { $0 + $1.byteCount }
    try promise(total == bytes.count - 4, "the ledger has \(total) of \(bytes.count - 4) bytes")
    try checkInvariants(of: model)
  }

  private static func write(_ content: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BrokenPromise("cannot write \(path)") }
    defer { close(descriptor) }
    try FileOutput.write(content, to: descriptor)
  }
}
