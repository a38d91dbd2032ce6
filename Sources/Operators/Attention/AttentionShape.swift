import ModelIR

/// The extents of attention: operands of four axes `[batch, heads, length, size]`, or of three
/// `[batch, length, heads · size]` with the heads as attributes.
struct AttentionShape {
  var batch: Dimension
  var queryHeads: Dimension
  var keyHeads: Dimension
  var queries: Dimension
  /// Keys of this step, without the cached ones.
  var keys: Dimension
  /// Keys with the cached ones.
  var totalKeys: Dimension
  var headSize: Dimension
  var valueSize: Dimension
  var isMerged: Bool

  /// - Returns: `nil` where the rank of the operands is not known.
  init?(_ context: OperatorContext) throws(OperatorError) {
    let q = try context.input(0).shape
    let k = try context.input(1).shape
    let v = try context.input(2).shape
    guard let rank = q.rank ?? k.rank ?? v.rank else { return nil }
    guard rank == 3 || rank == 4 else {
      throw .invalid("a query of \(rank) axes; 3 or 4 are needed")
    }
    for shape in [k, v, q] where (shape.rank ?? rank) != rank {
      throw .invalid("operands of \(q), \(k) and \(v) have different numbers of axes")
    }
    let unknown = Array(repeating: Dimension.unknown, count: rank)
    let (qs, ks, vs) = (q.dimensions ?? unknown, k.dimensions ?? unknown, v.dimensions ?? unknown)
    isMerged = rank == 3
    batch = qs[0]
    let past = context.optionalInput(4)?.shape.dimensions
    if isMerged {
      guard let heads = try context.attributes.int("qNumHeads"),
        let stored = try context.attributes.int("kvNumHeads"), heads > 0, stored > 0
      else { throw .invalid("operands of three axes need qNumHeads and kvNumHeads") }
      queryHeads = .fixed(heads)
      keyHeads = .fixed(stored)
      queries = qs[1]
      keys = ks[1]
      headSize = try Self.part(qs[2], heads)
      let keySize = try Self.part(ks[2], stored)
      if headSize.size == nil { headSize = keySize }
      valueSize = try Self.part(vs[2], stored)
    } else {
      queryHeads = qs[1]
      keyHeads = ks[1].size == nil ? vs[1] : ks[1]
      queries = qs[2]
      keys = ks[2].size == nil ? vs[2] : ks[2]
      headSize = qs[3].size == nil ? ks[3] : qs[3]
      valueSize = vs[3]
    }
    if let heads = queryHeads.size, let stored = keyHeads.size,
      stored == 0 ? heads != 0 : heads % stored != 0
    {
      throw .invalid("\(heads) heads of queries do not share \(stored) heads of keys")
    }
    totalKeys = keys
    guard context.hasInput(4) else { return }
    if let cached = past?.count == 4 ? past?[2].size : nil, let own = keys.size {
      totalKeys = .fixed(cached + own)
    } else {
      totalKeys = .unknown
    }
  }

  private static func part(_ whole: Dimension, _ heads: Int) throws(OperatorError) -> Dimension {
    guard let size = whole.size else { return .unknown }
    guard size % heads == 0 else {
      throw .invalid("\(size) elements do not divide among \(heads) heads")
    }
    return .fixed(size / heads)
  }

  /// The shape of the first result.
  var result: Shape {
    guard isMerged else { return .ranked([batch, queryHeads, queries, valueSize]) }
    var width = Dimension.unknown
    if let heads = queryHeads.size, let size = valueSize.size,
      let product = checkedProduct([heads, size])
    {
      width = .fixed(product)
    }
    return .ranked([batch, queries, width])
  }

  /// The shapes of the caches with this step's keys and values.
  var presentKey: Shape { .ranked([batch, keyHeads, totalKeys, headSize]) }
  var presentValue: Shape { .ranked([batch, keyHeads, totalKeys, valueSize]) }

  /// The shape of the scores.
  var scores: Shape { .ranked([batch, queryHeads, queries, totalKeys]) }

  /// Both products, and seven operations a score: scale, mask, and a softmax of five.
  var cost: OperatorCost {
    guard let scores = scores.elementCount, let size = headSize.size, let value = valueSize.size
    else { return .uncounted }
    let (width, overflow) = size.addingReportingOverflow(value)
    guard !overflow else { return .uncounted }
    return .times(scores, multiplyAdds: width, otherOperations: 7)
  }
}
