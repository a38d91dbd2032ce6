extension OperatorCatalog {
  static let recurrent: [OperatorDefinition] = [
    .lstm, .gru, .rnn, .unidirectionalSequenceLSTM, .bidirectionalSequenceLSTM, .lstmTFLite,
    .unidirectionalSequenceRNN, .bidirectionalSequenceRNN, .rnnTFLite, .svdf,
    .sequenceLSTM, .sequenceGRU, .sequenceRNN,
  ]
}
