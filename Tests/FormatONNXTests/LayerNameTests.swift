import FormatONNX
import Testing

@Suite struct LayerNameTests {
  @Test(arguments: [
    ("/block1/conv/Conv", "block1/conv"),
    ("/Relu", nil),
    ("Conv_0", nil),
    ("", nil),
    ("/", nil),
    ("StatefulPartitionedCall/mnist_cnn_1/conv_1/BiasAdd__6", "mnist_cnn_1/conv_1"),
    ("StatefulPartitionedCall_2/model/conv/BiasAdd:0", "model/conv"),
    ("StatefulPartitionedCall/model/bn_1/batchnorm/mul:0_DequantizeLinear", "model/bn_1"),
    ("model/dense/Tensordot_1/MatMul", "model/dense"),
    ("model_1/strided_slice;model_1/flatten/reshape/Reshape", "model_1"),
    ("gpu_0/conv1_1", nil),
    ("a//b", "a"),
  ])
  func `the layer is the scope without the operator`(name: String, layer: String?) {
    #expect(LayerName.layer(ofNode: name) == layer)
  }

  @Test(arguments: [
    ("['', 'network', 'network.0', 'linear']", "network.0"),
    ("['', 'linear']", nil), ("[]", nil), ("", nil), ("['a", nil), ("[,,]", nil),
  ])
  func `the layer is the innermost module of PyTorch's list`(list: String, layer: String?) {
    #expect(LayerName.layer(inScopes: list) == layer)
  }
}
