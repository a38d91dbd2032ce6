/// Recurrent networks and attention.
extension OperatorLowering {
  static let recurrent: [OperatorLowering] = [
    OperatorLowering(
      "LSTM",
      nil,
      cell + [.bool("input_forget", default: false)]
    ),
    OperatorLowering(
      "GRU",
      nil,
      cell + [.bool("linear_before_reset", default: false, in: 3...Int.max)],
      // Operator set 1 misspells its own default.
      adjust: { $0.replace("direction", ["foward": "forward"]) }
    ),
    OperatorLowering(
      "RNN",
      nil,
      cell,
      adjust: { $0.setDefault("activations", .strings(["Tanh", "Tanh"])) }
    ),
    OperatorLowering(
      "Attention",
      nil,
      [
        .bool("is_causal", default: false), .int("q_num_heads"), .int("kv_num_heads"),
        .int("qk_matmul_output_mode", default: 0), .float("scale"), .float("softcap", default: 0),
        .type("softmax_precision"), .int("left_window_size", default: -1, in: 25...Int.max),
        .int("right_window_size", default: -1, in: 25...Int.max),
      ]
    ),
    OperatorLowering(
      "LinearAttention",
      nil,
      [
        .int("chunk_size", default: 64), .int("kv_num_heads"), .int("q_num_heads"),
        .float("scale", default: 0), .string("update_rule", default: "gated_delta"),
      ]
    ),
    OperatorLowering(
      "RotaryEmbedding",
      nil,
      [
        .bool("interleaved", default: false), .int("num_heads"),
        .int("rotary_embedding_dim", default: 0),
      ]
    ),
  ]

  private static let cell: [AttributeLowering] = [
    .string("direction", default: "forward"), .int("hidden_size"), .float("clip"),
    .strings("activations"), .floats("activation_alpha"), .floats("activation_beta"),
    .int("layout", default: 0, in: 14...Int.max),
    .bool("output_sequence", default: false, in: 1...6),
  ]
}
