import ByteIO
import FormatONNX
import FuzzSupport
import ModelIR

/// An ONNX model with `weights.bin` beside it, both cut out of the fuzzer's bytes.
///
/// Layout: the bytes of the model as a 16-bit number, the model, the weights.
enum ExternalModel {
  private static let weightsName = "weights.bin"
  private static let folder = ScratchFolder("onnx", files: [weightsName])

  @Sendable static func check(_ bytes: Bytes) throws {
    let size = min(Int(try bytes.uint16(at: 0)), bytes.count - 2)
    let model = try bytes.slice(at: 2, count: size)
    let weights = try bytes.suffix(from: 2 + size)
    try folder.write(weights.array, to: weightsName)
    let source = ByteSource(model.array, name: "m.onnx")
    let loaded = try ONNXFormat.load(source.bytes, path: folder.path + "/m.onnx")
    let total = loaded.ledger.totals().reduce(0) { $0 + $1.byteCount }
    try promise(
      total == model.count || total == model.count + weights.count,
      "the ledger has \(total) bytes of \(model.count) and \(weights.count)"
    )
    try checkInvariants(of: loaded)
  }
}
