extension OperatorCatalog {
  static let recurrent: [OperatorDefinition] = [.lstm, .gru, .rnn]
}
