import ByteIO
import FormatONNX
import FuzzSupport
import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An ONNX model with `weights.bin` beside it, both cut out of the fuzzer's bytes.
///
/// Layout: the bytes of the model as a 16-bit number, the model, the weights.
enum ExternalModel {
  /// In memory where the system has such a place.
  private static let path: String = {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    let path = parent + "/analyze-fuzz-onnx-\(getpid())"
    mkdir(path, 0o700)
    atexit {
      unlink(ExternalModel.path + "/weights.bin")
      rmdir(ExternalModel.path)
    }
    return path
  }()

  @Sendable static func check(_ bytes: Bytes) throws {
    let size = min(Int(try bytes.uint16(at: 0)), bytes.count - 2)
    let model = try bytes.slice(at: 2, count: size)
    let weights = try bytes.suffix(from: 2 + size)
    let descriptor = open(path + "/weights.bin", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BrokenPromise("cannot write \(path)") }
    do {
      defer { close(descriptor) }
      try FileOutput.write(weights.array, to: descriptor)
    }
    let source = ByteSource(model.array, name: "m.onnx")
    let loaded = try ONNXFormat.load(source.bytes, path: path + "/m.onnx")
    let total = loaded.ledger.totals().reduce(0) { $0 + $1.byteCount }
    try promise(
      total == model.count || total == model.count + weights.count,
      "the ledger has \(total) bytes of \(model.count) and \(weights.count)"
    )
    try checkInvariants(of: loaded)
  }
}
