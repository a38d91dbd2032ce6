import ModelIR

/// Single-operator models with random contents, and what the reference kernels of ai-edge-litert 2.3
/// (`OpResolverType.BUILTIN_REF`) give for them.
let liteLinearCases: [OperatorCase] = [
  OperatorCase(
    "CONV_2D int8, one scale a channel",
    "convolution",
    [
      "activation": .string("none"), "strides": .ints([1, 1]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"), "dilations": .ints([1, 1]),
    ],
    [
      .integers(
        .int8,
        [1, 3, 3, 2],
        [-94, -96, 76, -1, 23, 25, 54, -121, -4, -91, -26, 109, 12, -110, 10, -95, 65, 114],
        [0.02],
        3
      ),
      .integers(
        .int8,
        [2, 2, 2, 2],
        [122, 31, 94, -33, -90, 3, -14, 42, 126, -57, 91, -92, -39, 73, -64, 43],
        [0.01, 0.025]
      ),
      .integers(.int32, [2], [-83, 24], [0.0002, 0.0005]),
    ],
    [
      .integers(
        .int8,
        [1, 3, 3, 2],
        [-63, -125, 43, 69, 13, 78, -9, 62, -31, -128, -26, -40, -2, 127, -7, 9, 29, 6],
        [0.06],
        -7
      )
    ]
  ),
  OperatorCase(
    "CONV_2D uint8 with RELU6",
    "convolution",
    [
      "activation": .string("relu6"), "strides": .ints([1, 1]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"), "dilations": .ints([1, 1]),
    ],
    [
      .integers(
        .uint8,
        [1, 3, 3, 2],
        [240, 209, 214, 140, 251, 251, 34, 52, 78, 141, 210, 123, 251, 90, 237, 151, 184, 60],
        [0.02],
        100
      ),
      .integers(
        .uint8,
        [2, 2, 2, 2],
        [151, 205, 227, 222, 247, 33, 199, 120, 175, 71, 4, 22, 249, 229, 78, 110],
        [0.01],
        120
      ),
      .integers(.int32, [2], [-519, -705], [0.0002]),
    ],
    [
      .integers(
        .uint8,
        [1, 3, 3, 2],
        [134, 40, 160, 40, 156, 108, 144, 75, 160, 45, 116, 83, 133, 40, 92, 40, 40, 64],
        [0.05],
        40
      )
    ]
  ),
  OperatorCase(
    "CONV_2D int16 with 64-bit bias",
    "convolution",
    [
      "activation": .string("none"), "strides": .ints([1, 1]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"), "dilations": .ints([1, 1]),
    ],
    [
      .integers(
        .int16,
        [1, 3, 3, 2],
        [
          23429, 11361, -27745, -19516, 4176, 26308, 32503, -18537, 7305, -30601, -21329, -19611,
          -3801, -10110, 14876, -2038, -10551, 26616,
        ],
        [0.0002]
      ),
      .integers(
        .int8,
        [2, 2, 2, 2],
        [32, 50, 63, -41, 100, -123, -49, -87, -126, 127, -105, -10, 82, 49, 91, -114],
        [0.01, 0.025]
      ),
      .integers(.int64, [2], [-6, -932], [2e-06, 5e-06]),
    ],
    [
      .integers(
        .int16,
        [1, 3, 3, 2],
        [
          16409, 32767, 9133, -1454, 3457, 520, 4280, -30663, -3793, -26233, -11984, 3175, 787,
          -11738, -2764, -6462, 1986, 23544,
        ],
        [0.001]
      )
    ]
  ),
  OperatorCase(
    "CONV_2D int8, two groups, int4 filter",
    "convolution",
    [
      "activation": .string("none"), "strides": .ints([1, 1]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"), "dilations": .ints([1, 1]),
    ],
    [
      .integers(
        .int8,
        [1, 3, 3, 2],
        [-79, 88, -110, 22, -123, -49, 110, -47, -49, -106, 70, -84, -1, -122, -123, 86, -126, -9],
        [0.02],
        3
      ),
      .integers(.int4, [2, 2, 2, 1], [-1, -6, 2, 4, 7, -5, 6, -7], [0.01, 0.025]),
      .integers(.int32, [2], [-718, 196], [0.0002, 0.0005]),
    ],
    [
      .integers(
        .int8,
        [1, 3, 3, 2],
        [-7, 22, -4, 7, -12, -24, -17, -31, -25, 4, -17, -19, -7, -34, -5, 14, -13, -4],
        [0.02],
        -7
      )
    ]
  ),
  OperatorCase(
    "CONV_2D hybrid, one scale",
    "convolution",
    [
      "activation": .string("none"), "strides": .ints([1, 1]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"), "dilations": .ints([1, 1]),
    ],
    [
      .floats(
        [1, 3, 3, 2],
        [
          0.7915155, -0.94611317, 0.610272, -0.61965996, -0.8141972, -0.9640759, -0.41404986,
          0.45422348, -0.013642098, 0.70584, -0.5655774, -0.3696345, -0.4837183, 0.9566023,
          0.882012, -0.31862766, -0.127997, -0.37136075,
        ]
      ),
      .integers(
        .int8,
        [2, 2, 2, 2],
        [127, 63, 96, -117, -100, -110, 8, -24, 122, -65, -84, 88, -50, 62, -54, 12],
        [0.01]
      ),
      .floats([2], [0.32295102, 0.3845582]),
    ],
    [
      .floats(
        [1, 3, 3, 2],
        [
          1.7849302, 1.4906645, 0.33259177, 2.0720706, -0.33747888, 0.07430798, -1.1802483,
          0.5353184, 0.18615852, -0.5548464, -0.096232206, -0.23434812, 1.5269072, -1.8501241,
          1.5517302, 1.4471672, -0.07528064, 0.46889585,
        ]
      )
    ]
  ),
  OperatorCase(
    "DEPTHWISE_CONV_2D int8 with RELU",
    "depthwiseConvolution",
    [
      "activation": .string("relu"), "strides": .ints([1, 1]), "padding": .string("valid"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ihwo"), "dilations": .ints([1, 1]),
    ],
    [
      .integers(.int8, [1, 3, 3, 1], [97, 71, 17, 109, -6, -90, 14, 32, -83], [0.02], 3),
      .integers(
        .int8,
        [1, 2, 2, 2],
        [-91, 42, -15, -5, 73, 47, 101, -85],
        [0.01, 0.025],
        axis: 3
      ),
      .integers(.int32, [2], [518, 81], [0.0002, 0.0005]),
    ],
    [
      .integers(.int8, [1, 2, 2, 2], [-20, 98, -20, 109, -20, 13, -20, 91], [0.04], -20)
    ]
  ),
  OperatorCase(
    "DEPTHWISE_CONV_2D hybrid",
    "depthwiseConvolution",
    [
      "activation": .string("relu"), "strides": .ints([1, 1]), "padding": .string("valid"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ihwo"), "dilations": .ints([1, 1]),
    ],
    [
      .floats(
        [1, 3, 3, 1],
        [
          -0.28117585, -0.67388636, 0.99760497, -0.71196926, -0.51137114, -0.28556058, -0.8782266,
          0.74076986, 0.27272284,
        ]
      ),
      .integers(
        .int8,
        [1, 2, 2, 2],
        [-118, -73, -87, -127, 0, 5, -107, -69],
        [0.01, 0.025],
        axis: 3
      ),
      .floats([2], [-0.53667355, -0.92272216]),
    ],
    [
      .floats([1, 2, 2, 2], [0.93294847, 2.5352447, 0, 0, 0, 0.6233676, 0.02931261, 0.55127686])
    ]
  ),
  OperatorCase(
    "TRANSPOSE_CONV int8",
    "transposedConvolution",
    [
      "activation": .string("none"), "strides": .ints([2, 2]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"),
      "operandOrder": .string("tflite"),
    ],
    [
      .integers(.int32, [4], [1, 3, 3, 2]),
      .integers(.int8, [2, 2, 2, 1], [28, 35, -98, 88, 14, -63, 35, -86], [0.01, 0.025]),
      .integers(.int8, [1, 2, 2, 1], [-45, -1, 36, -93], [0.02], 3),
      .integers(.int32, [2], [-296, -817], [0.0002, 0.0005]),
    ],
    [
      .integers(
        .int8,
        [1, 3, 3, 2],
        [-12, -20, -13, 17, -7, -14, 13, -30, -23, 28, -5, -15, -2, -9, -2, -34, -17, -27],
        [0.05],
        -5
      )
    ]
  ),
  OperatorCase(
    "TRANSPOSE_CONV int16",
    "transposedConvolution",
    [
      "activation": .string("none"), "strides": .ints([2, 2]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"),
      "operandOrder": .string("tflite"),
    ],
    [
      .integers(.int32, [4], [1, 3, 3, 2]),
      .integers(.int8, [2, 2, 2, 1], [-94, -70, -47, 104, -27, -100, 105, 18], [0.01, 0.025]),
      .integers(.int16, [1, 2, 2, 1], [-25189, -27363, -27122, 26916], [0.0002]),
      .integers(.int64, [2], [123, 360], [2e-06, 5e-06]),
    ],
    [
      .integers(
        .int16,
        [1, 3, 3, 2],
        [
          4736, 3402, 3527, 12597, 5144, 3696, 2368, -13223, -5239, -2265, 2572, -14364, 5099, 3663,
          3797, 13563, -5060, -3632,
        ],
        [0.001]
      )
    ]
  ),
  OperatorCase(
    "TRANSPOSE_CONV float",
    "transposedConvolution",
    [
      "activation": .string("none"), "strides": .ints([2, 2]), "padding": .string("same"),
      "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"),
      "operandOrder": .string("tflite"),
    ],
    [
      .integers(.int32, [4], [1, 3, 3, 2]),
      .floats(
        [2, 2, 2, 1],
        [
          0.8145102, 0.4004881, -0.86649853, 0.61280286, 0.36674947, -0.71213955, -0.07011255,
          -0.9013547,
        ]
      ),
      .floats([1, 2, 2, 1], [0.60375196, 0.43726844, 0.6092562, 0.5208313]),
      .floats([2], [-0.46548486, 0.579481]),
    ],
    [
      .floats(
        [1, 3, 3, 2],
        [
          0.026277274, 0.8009067, -0.22368938, 0.14952537, -0.10932523, 0.739849, -0.98863506,
          0.53715044, -0.09550393, 0.035286367, -0.8443773, 0.548823, 0.030760556, 0.8029254,
          -0.22148499, 0.14560556, -0.041262448, 0.7704956,
        ]
      )
    ]
  ),
  OperatorCase(
    "FULLY_CONNECTED int8",
    "fullyConnected",
    [
      "activation": .string("none"), "asymmetricQuantizeInputs": .int(0), "keepDimensions": .int(0),
    ],
    [
      .integers(.int8, [2, 3], [118, -39, -65, -128, -93, -119], [0.02], 3),
      .integers(.int8, [2, 3], [-28, -52, -1, 19, -55, 9], [0.01]),
      .integers(.int32, [2], [211, 344], [0.0002]),
    ],
    [
      .integers(.int8, [2, 2], [-7, 10, 26, 3], [0.06], -4)
    ]
  ),
  OperatorCase(
    "FULLY_CONNECTED int8, one scale a unit",
    "fullyConnected",
    [
      "activation": .string("none"), "asymmetricQuantizeInputs": .int(0), "keepDimensions": .int(0),
    ],
    [
      .integers(.int8, [2, 3], [26, -120, -67, 75, 31, -53], [0.02], 3),
      .integers(.int8, [2, 3], [-36, 109, 60, -32, -53, -95], [0.01, 0.025]),
      .integers(.int32, [2], [597, 259], [0.0002, 0.0005]),
    ],
    [
      .integers(.int8, [2, 2], [-63, 102, -12, 11], [0.06], -4)
    ]
  ),
  OperatorCase(
    "FULLY_CONNECTED uint8",
    "fullyConnected",
    [
      "activation": .string("none"), "asymmetricQuantizeInputs": .int(0), "keepDimensions": .int(0),
    ],
    [
      .integers(.uint8, [2, 3], [106, 177, 141, 136, 172, 195], [0.02], 120),
      .integers(.uint8, [2, 3], [133, 106, 66, 78, 250, 48], [0.01], 110),
      .integers(.int32, [2], [-808, 233], [0.0002]),
    ],
    [
      .integers(.uint8, [2, 2], [95, 115, 92, 105], [0.1], 100)
    ]
  ),
  OperatorCase(
    "FULLY_CONNECTED int16",
    "fullyConnected",
    [
      "activation": .string("none"), "asymmetricQuantizeInputs": .int(0), "keepDimensions": .int(0),
    ],
    [
      .integers(.int16, [2, 3], [-11474, -26512, 3218, 16332, -30888, -808], [0.0002]),
      .integers(.int8, [2, 3], [-88, 19, 76, 77, 72, -52], [0.01, 0.025]),
      .integers(.int64, [2], [273, 298], [2e-06, 5e-06]),
    ],
    [
      .integers(.int16, [2, 2], [1502, -14797, -4170, -4620], [0.001])
    ]
  ),
  OperatorCase(
    "FULLY_CONNECTED hybrid, asymmetric",
    "fullyConnected",
    [
      "activation": .string("none"), "asymmetricQuantizeInputs": .int(1), "keepDimensions": .int(0),
    ],
    [
      .floats([2, 3], [0.5110468, -0.40243107, 0.28973305, -0.31983528, 0.49968886, -0.23041259]),
      .integers(.int8, [2, 3], [102, -78, -88, 49, 96, -89], [0.01]),
      .floats([2], [0.48935747, 0.11919583]),
    ],
    [
      .floats([2, 2], [1.0694697, -0.2732056, -0.023375392, 0.6458767])
    ]
  ),
  OperatorCase(
    "BATCH_MATMUL int8",
    "matMul",
    ["asymmetricQuantizeInputs": .int(0), "transposeA": .int(0), "transposeB": .int(1)],
    [
      .integers(
        .int8,
        [2, 2, 3],
        [48, -99, 72, -79, -14, 115, 16, -54, -112, -63, 14, 89],
        [0.02],
        3
      ),
      .integers(.int8, [1, 2, 3], [80, -74, 52, 38, 77, -1], [0.03], -4),
    ],
    [
      .integers(.int8, [2, 2, 2], [96, -30, 10, -20, -1, -19, -2, -3], [0.1], 7)
    ]
  ),
  OperatorCase(
    "BATCH_MATMUL int16",
    "matMul",
    ["asymmetricQuantizeInputs": .int(0), "transposeA": .int(0), "transposeB": .int(1)],
    [
      .integers(
        .int16,
        [2, 2, 3],
        [-256, -5249, 24991, 1607, -25671, 279, 24621, 22028, -8437, 24991, -26807, 16277],
        [0.001]
      ),
      .integers(.int16, [1, 2, 3], [7820, -32222, -2957, -7832, -4695, -15811], [0.002]),
    ],
    [
      .integers(.int16, [2, 2, 2], [233, -921, 2097, 259, -1231, -407, 2528, -818], [0.8])
    ]
  ),
  OperatorCase(
    "QUANTIZE float to int8, ties away from zero",
    "quantize",
    [:],
    [
      .floats([8], [0.25, -0.25, 0.75, -0.75, 1e+02, -1e+02, 1.1, 0])
    ],
    [
      .integers(.int8, [8], [4, 2, 5, 1, 127, -128, 5, 3], [0.5], 3)
    ]
  ),
  OperatorCase(
    "QUANTIZE int8 to uint8",
    "quantize",
    [:],
    [
      .integers(.int8, [8], [90, 83, -93, 67, 29, -81, -23, -57], [0.05], 3)
    ],
    [
      .integers(.uint8, [8], [244, 232, 0, 206, 142, 0, 56, 0], [0.03], 99)
    ]
  ),
  OperatorCase(
    "QUANTIZE int16 to int8",
    "quantize",
    [:],
    [
      .integers(.int16, [8], [1851, -24205, -39, -25091, -23978, 22999, 787, -13872], [0.0005])
    ],
    [
      .integers(.int8, [8], [17, -128, 4, -128, -128, 127, 10, -95], [0.07], 4)
    ]
  ),
  OperatorCase(
    "DEQUANTIZE uint8",
    "dequantize",
    [:],
    [
      .integers(.uint8, [6], [220, 85, 43, 230, 2, 241], [0.05], 120)
    ],
    [
      .floats([6], [5, -1.75, -3.8500001, 5.5, -5.9, 6.05])
    ]
  ),
  OperatorCase(
    "FAKE_QUANT",
    "fakeQuantize",
    ["numBits": .int(4), "min": .float(-1.2999999523162842), "max": .float(2.0999999046325684)],
    [
      .floats([6], [-0.24122578, 2.8467124, -2.7345786, 2.9455771, 0.21631849, -2.2791584])
    ],
    [
      .floats([6], [-0.22666657, 2.04, -1.3599999, 2.04, 0.22666669, -1.3599999])
    ]
  ),
]
