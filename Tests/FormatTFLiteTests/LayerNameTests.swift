import Testing

@testable import FormatTFLite

/// The names are those of real models: MLPerf Tiny, TensorFlow Lite Micro's examples, and ones
/// trained with Keras 3.
@Suite struct LayerNameTests {
  static let cases: [(name: String, layer: String?)] = [
    (
      """
      model/activation/Relu;model/batch_normalization/FusedBatchNormV3;\
      model/conv2d/BiasAdd/ReadVariableOp/resource;model/conv2d/BiasAdd;model/conv2d_2/Conv2D;\
      model/conv2d/Conv2D1
      """, "conv2d"
    ),
    ("model/activation_2/Relu;model/add/add", "activation_2"),
    (
      """
      functional_1/activation_1/Relu;functional_1/batch_normalization_1/FusedBatchNormV3;\
      functional_1/depthwise_conv2d/depthwise;functional_1/depthwise_conv2d/BiasAdd;\
      functional_1/conv2d_4/Conv2D;functional_1/depthwise_conv2d/BiasAdd/ReadVariableOp/resource1
      """, "depthwise_conv2d"
    ),
    (
      """
      model/activation/Relu;model/batch_normalization/FusedBatchNormV3;\
      model/depthwise_conv2d_3/depthwise;model/conv2d/Conv2D
      """, "conv2d"
    ),
    ("model/depthwise_conv2d_3/depthwise21", "depthwise_conv2d_3"),
    ("functional_1/activation/Relu;functional_1/dense/BiasAdd", "dense"),
    ("sequential/dense_1/MatMul;sequential/dense_1/Relu;sequential/dense_1/BiasAdd", "dense_1"),
    ("functional_1/average_pooling2d/AvgPool", "average_pooling2d"),
    ("functional_1/flatten/Reshape", "flatten"),
    ("MobilenetV1/MobilenetV1/Conv2d_1_depthwise/Relu6", "Conv2d_1_depthwise"),
    (
      """
      cifar_dscnn_1/b1_dw_relu_1/Relu6;cifar_dscnn_1/b1_dw_bn_1/batchnorm/add_1;\
      cifar_dscnn_1/b1_dw_bn_1/batchnorm/mul_1;cifar_dscnn_1/b1_dw_1/depthwise;\
      cifar_dscnn_1/b1_dw_bn_1/batchnorm/mul;cifar_dscnn_1/b1_dw_bn_1/batchnorm/sub1
      """, "b1_dw_1"
    ),
    ("StatefulPartitionedCall/sequential/dense/MatMul", "dense"),
    ("dense/BiasAdd", "dense"),
    ("Identity", nil),
    ("StatefulPartitionedCall:0", nil),
    ("Relu", nil),
    ("", nil),
    (";/;//", nil),
    ("labels_softmax", nil),
  ]

  @Test(arguments: cases.indices)
  func `the layer is found in the tensor's name`(index: Int) {
    #expect(LayerName.layer(ofTensor: Self.cases[index].name) == Self.cases[index].layer)
  }

  @Test func `the number of a model that is called once more is taken away`() {
    let names = [
      "net_1/conv_1/convolution", "net_1/flatten_1/Reshape", "net_1/dense_2_1/MatMul", "Identity",
      "net_1/lstm_1/while/lstm_cell_1/Sigmoid",
    ]
    #expect(
      LayerName.layers(ofTensors: names)
        == ["conv", "flatten", "dense_2", nil, "lstm/while/lstm_cell"]
    )
  }

  @Test func `numbers of the user's own stay`() {
    let names = ["model_1/conv_1/Conv2D", "model_1/note/Reshape"]
    #expect(LayerName.layers(ofTensors: names) == ["conv_1", "note"])
  }
}
