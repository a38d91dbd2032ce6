import ModelIR
import TestSupport
import Testing

/// Forms that changed with the operator set.
///
/// The expected values are those of the ONNX operator specification's changelog.
@Suite struct LoweringTests {
  @Test func `softmax before operator set 13 flattens`() throws {
    let old = try lowered("Softmax", opset: 11)
    #expect(old.op == .known("softmax"))
    #expect(old.attributes.described == ["axis=1", "flattened=true"])
    #expect(try lowered("Softmax", opset: 13).attributes.described == ["axis=-1"])
  }

  @Test func `clip has limits as attributes before operator set 11`() throws {
    let old = try lowered("Clip", opset: 6, [ONNX.float("max", 6)])
    #expect(old.attributes.described == ["max=6.0", "min=-3.4028235e+38"])
    #expect(try lowered("Clip", opset: 13).attributes.described == [])
  }

  @Test func `upsample becomes resize with its own order of operands`() throws {
    let node = try lowered("Upsample", opset: 7, [ONNX.floats("scales", [1, 1, 2, 2])])
    #expect(node.op == .known("resize"))
    #expect(
      node.attributes.described == [
        "coordinateMode=asymmetric", "dataLayout=nchw", "mode=nearest", "nearestMode=floor",
        "operandOrder=upsample", "scales=[1.0, 1.0, 2.0, 2.0]",
      ]
    )
    let first = try lowered(
      "Upsample",
      opset: 1,
      [
        ONNX.float("height_scale", 2), ONNX.float("width_scale", 3),
        ONNX.string("mode", "bilinear"),
      ]
    )
    #expect(first.attributes.described.contains("scales=[1.0, 1.0, 2.0, 3.0]"))
    #expect(first.attributes.described.contains("mode=linear"))
  }

  @Test func `resize of operand set 10 is an upsample`() throws {
    let old = try lowered("Resize", inputs: ["x", "s"], opset: 10)
    #expect(old.attributes.described.contains("operandOrder=upsample"))
    let new = try lowered("Resize", inputs: ["x", "", "s"], opset: 13)
    #expect(new.attributes.described.contains("coordinateMode=half_pixel"))
    #expect(new.attributes.described.contains("cubicCoefficient=-0.75"))
    #expect(!new.attributes.names.contains("operandOrder"))
  }

  @Test func `pad keeps its attributes before operator set 11`() throws {
    let first = try lowered("Pad", opset: 1, [ONNX.ints("paddings", [0, 1, 0, 1])])
    #expect(
      first.attributes.described
        == ["mode=constant", "pads=[0, 1, 0, 1]", "padsLayout=onnx", "value=0.0"]
    )
    #expect(
      try lowered("Pad", inputs: ["x", "p"], opset: 13).attributes.described
        == ["mode=constant", "padsLayout=onnx"]
    )
  }

  @Test func `batch normalization writes out the format's defaults`() throws {
    let inputs = ["x", "s", "b", "m", "v"]
    #expect(
      try lowered("BatchNormalization", inputs: inputs, opset: 7).attributes.described
        == ["dataLayout=nchw", "epsilon=1e-05", "momentum=0.9", "spatial=true"]
    )
    #expect(
      try lowered("BatchNormalization", inputs: inputs, opset: 15).attributes.described
        == ["dataLayout=nchw", "epsilon=1e-05", "momentum=0.9", "trainingMode=false"]
    )
  }

  @Test func `convolutions get layouts, groups and our words for padding`() throws {
    let node = try lowered(
      "Conv",
      inputs: ["x", "w"],
      [
        ONNX.string("auto_pad", "SAME_LOWER"), ONNX.ints("kernel_shape", [3, 3]),
        ONNX.ints("strides", [2, 2]),
      ]
    )
    #expect(
      node.attributes.described == [
        "dataLayout=nchw", "filterLayout=oihw", "groups=1", "kernel=[3, 3]", "padding=sameLower",
        "strides=[2, 2]",
      ]
    )
    let transposed = try lowered(
      "ConvTranspose",
      inputs: ["x", "w"],
      [ONNX.string("auto_pad", "NOTSET"), ONNX.int("group", 2)]
    )
    #expect(
      transposed.attributes.described == ["dataLayout=nchw", "filterLayout=iohw", "groups=2"]
    )
  }

  @Test func `reductions name their axes as we do`() throws {
    let node = try lowered(
      "ReduceMean",
      [ONNX.ints("axes", [2, 3]), ONNX.int("keepdims", 0)]
    )
    #expect(node.attributes.described == ["axes=[2, 3]", "keepDimensions=false"])
    #expect(
      try lowered("ReduceSum", opset: 13).attributes.described
        == ["keepDimensions=true", "noopWithEmptyAxes=false"]
    )
  }

  @Test func `quantization has an axis since operator set 13`() throws {
    let inputs = ["x", "s", "z"]
    #expect(try lowered("QuantizeLinear", inputs: inputs, opset: 10).attributes.described == [])
    #expect(
      try lowered("QuantizeLinear", inputs: inputs, opset: 21, [ONNX.int("output_dtype", 0)])
        .attributes.described == ["axis=1", "blockSize=0", "saturate=true"]
    )
    #expect(
      try lowered("DequantizeLinear", inputs: inputs, opset: 23, [ONNX.int("output_dtype", 10)])
        .attributes.described == ["axis=1", "blockSize=0", "outputType=float16"]
    )
  }

  @Test func `cast knows types by number and by word`() throws {
    #expect(
      try lowered("Cast", opset: 13, [ONNX.int("to", 16)]).attributes.described == ["to=bfloat16"]
    )
    #expect(
      try lowered("Cast", opset: 1, [ONNX.string("to", "FLOAT16")]).attributes.described
        == ["to=float16"]
    )
    #expect(try lowered("Cast", opset: 13, [ONNX.int("to", 99)]).attributes.described == ["to=99"])
  }

  @Test func `dropout keeps what says how much`() throws {
    #expect(
      try lowered("Dropout", opset: 6, [ONNX.int("is_test", 1)]).attributes.described
        == ["isTest=true", "ratio=0.5"]
    )
    #expect(try lowered("Dropout", opset: 12).attributes.described == [])
  }

  @Test func `operators of microsoft have rows`() throws {
    let node = try lowered("QLinearAdd", inputs: ["a", "b"], domain: "com.microsoft")
    #expect(node.op == .known("qLinearAdd"))
    #expect(node.origin.sourceType == "com.microsoft.QLinearAdd")
    #expect(node.origin.sourceVersion == 1)
    let bits = try lowered(
      "MatMulNBits",
      domain: "com.microsoft",
      [ONNX.int("K", 64), ONNX.int("N", 8), ONNX.int("block_size", 32)]
    )
    #expect(
      bits.attributes.described == ["accuracyLevel=0", "bits=4", "blockSize=32", "k=64", "n=8"]
    )
  }

  @Test func `an unknown operator keeps its name and attributes`() throws {
    let node = try lowered("Magic", domain: "com.example", [ONNX.int("some_thing", 3)])
    #expect(node.op == .unknown("com.example.Magic"))
    #expect(node.attributes.described == ["someThing=3"])
  }

  @Test func `an attribute that is no attribute of the operator is kept`() throws {
    #expect(try lowered("Relu", [ONNX.int("new_thing", 1)]).attributes.described == ["newThing=1"])
  }
}
