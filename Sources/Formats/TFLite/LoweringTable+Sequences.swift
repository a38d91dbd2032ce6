extension LoweringTable {
  /// Recurrent operators.
  static let sequences: [Lowering] = [
    Lowering(
      "LSTM",
      "lstmTFLite",
      .first(14),
      [
        .activation(0), .float("cellClip", 1), .float("projectionClip", 2),
        .choice("kernelType", 3, ["full", "basic"]), .bool("asymmetricQuantizeInputs", 4),
      ]
    ),
    Lowering(
      "UNIDIRECTIONAL_SEQUENCE_LSTM",
      "unidirectionalSequenceLSTM",
      .first(71),
      [
        .activation(0), .float("cellClip", 1), .float("projectionClip", 2),
        .bool("timeMajor", 3), .bool("asymmetricQuantizeInputs", 4),
        .bool("diagonalRecurrentTensors", 5),
      ]
    ),
    Lowering(
      "BIDIRECTIONAL_SEQUENCE_LSTM",
      "bidirectionalSequenceLSTM",
      .first(69),
      [
        .activation(0), .float("cellClip", 1), .float("projectionClip", 2),
        .bool("mergeOutputs", 3), .bool("timeMajor", 4, true),
        .bool("asymmetricQuantizeInputs", 5),
      ]
    ),
    Lowering(
      "UNIDIRECTIONAL_SEQUENCE_RNN",
      "unidirectionalSequenceRNN",
      .first(31),
      [.bool("timeMajor", 0), .activation(1), .bool("asymmetricQuantizeInputs", 2)]
    ),
    Lowering(
      "BIDIRECTIONAL_SEQUENCE_RNN",
      "bidirectionalSequenceRNN",
      .first(70),
      [
        .bool("timeMajor", 0), .activation(1), .bool("mergeOutputs", 2),
        .bool("asymmetricQuantizeInputs", 3),
      ]
    ),
    Lowering(
      "RNN",
      "rnnTFLite",
      .first(7),
      [.activation(0), .bool("asymmetricQuantizeInputs", 1)]
    ),
    Lowering(
      "SVDF",
      "svdf",
      .first(6),
      [.int("rank", 0), .activation(1), .bool("asymmetricQuantizeInputs", 2)]
    ),
  ]
}
