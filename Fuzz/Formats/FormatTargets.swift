import ByteIO
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import FuzzSupport
import ModelIR
import WireFormats

/// The loaders of models.
package let targets: [FuzzTarget] = [
  FuzzTarget("tflite") { bytes in
    _ = TFLiteFormat.probe(bytes)
    try check(try TFLiteFormat.load(bytes, path: "/nowhere/m.tflite"), of: bytes)
  },
  FuzzTarget("onnx") { bytes in
    _ = ONNXFormat.probe(bytes)
    try check(try ONNXFormat.load(bytes, path: "/nowhere/m.onnx"), of: bytes)
  },
  FuzzTarget("onnx-external", ExternalModel.check),
  FuzzTarget("keras") { bytes in
    _ = KerasFormat.probe(bytes)
    try check(try KerasFormat.load(bytes, path: "/nowhere/m.keras"), of: bytes)
  },
  // The configuration alone: the archive around it is always right.
  FuzzTarget("keras-config") { bytes in
    var writer = ZIPWriter()
    _ = writer.append("metadata.json", Array(#"{"keras_version": "3.15.1"}"#.utf8))
    _ = writer.append("config.json", bytes.array)
    let archive = ByteSource(writer.finish(), name: "config").bytes
    try check(try KerasFormat.load(archive, path: "/nowhere/m.keras"), of: archive)
  },
  FuzzTarget("graphdef") { bytes in
    _ = TensorFlowFormat.probe(bytes)
    try check(try TensorFlowFormat.load(bytes, path: "/nowhere/m.pb"), of: bytes)
  },
  FuzzTarget("savedmodel") { try SavedModelFolder.check($0) },
]

/// What every accepted file must give.
func check(_ model: Model, of bytes: Bytes) throws {
  let total = model.ledger.totals().reduce(0) { $0 + $1.byteCount }
  try promise(total == bytes.count, "the ledger has \(total) of \(bytes.count) bytes")
  try checkInvariants(of: model)
}

func checkInvariants(of model: Model) throws {
  for graph in model.graphs {
    do throws(ReadError) {
      try graph.checkInvariants(graphCount: model.graphs.count)
    } catch {
      throw BrokenPromise("a graph that does not keep its promises: \(error)")
    }
  }
}
