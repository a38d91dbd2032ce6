import ByteIO
import Differences
import WireFormats

/// What a sensitivity or plan file says of a model: how well it answers, and what smaller weights
/// would cost.
package struct MeasurementFile: Sendable, Equatable {
  /// The SHA-256 of the model that was measured.
  package var modelHash: String
  /// How well the model answers.
  package var quality: ReportSnapshot.Quality
  /// Smaller weights, each with its price.
  package var actions: [Action]

  /// One way to make the weights of a layer smaller.
  package struct Action: Sendable, Equatable {
    /// The place that it changes; at most one action can be taken there.
    package var site: String
    package var layer: String
    package var action: String
    /// The weights' bytes before and after.
    package var before: Int
    package var after: Int
    /// What it costs by itself, in millionths.
    package var divergence: Int

    package init(
      site: String,
      layer: String,
      action: String,
      before: Int,
      after: Int,
      divergence: Int
    ) {
      self.site = site
      self.layer = layer
      self.action = action
      self.before = before
      self.after = after
      self.divergence = divergence
    }
  }

  package init(
    modelHash: String,
    quality: ReportSnapshot.Quality,
    actions: [Action]
  ) {
    self.modelHash = modelHash
    self.quality = quality
    self.actions = actions
  }
}

/// Reading: `analyze.sensitivity/1` and `analyze.plan/1`, of which only these fields are looked at.
extension MeasurementFile {
  private static let sensitivity = "analyze.sensitivity/1"
  private static let plan = "analyze.plan/1"

  /// Reads a document.
  ///
  /// - Parameter bytes: The whole file.
  /// - Throws: `DATA_INVALID` where it is no complete document of a known schema.
  package init(_ bytes: Bytes) throws(JSON5Error) {
    let options = JSON5Options.python(maximumBytes: 256 << 20, code: .dataInvalid)
    let root = try JSON5.decode(bytes, options: options)
    var document = try root.object("document")
    let schema = try document.required("schema")
    var model = try document.required("model").object("model")
    let hash = try model.required("sha256").string()
    switch try schema.string() {
    case Self.sensitivity: try self.init(sensitivity: &document, hash)
    case Self.plan: try self.init(plan: &document, hash)
    default:
      throw schema.error(
        "its schema is \(jsonQuoted(String(try schema.string().prefix(64))))",
        hint: "\"\(Self.sensitivity)\" and \"\(Self.plan)\" are read"
      )
    }
  }

  /// The figures of the model as it is: its accuracy on the samples; it does not diverge from itself.
  private init(sensitivity document: inout JSON5Object, _ hash: String) throws(JSON5Error) {
    let status = document.optional("status")
    if let status, try status.string() != "complete" {
      throw status.error(
        "the sweep is not complete",
        hint: "go on with analyze sensitivity --resume"
      )
    }
    var quality = ReportSnapshot.Quality()
    quality.reason =
      "it was measured without labels, and a sweep states no divergence of the model itself"
    if let element = document.optional("baseline"), !element.isNull {
      var baseline = try element.object("baseline")
      quality.accuracy = try Self.accuracy(baseline.optional("accuracy"))
    }
    var layers: [String: (layer: String, bytes: Int)] = [:]
    for element in try document.required("sites").array() {
      var site = try element.object("site")
      guard try site.required("kind").string() == "weights",
        let bytes = try Self.bytes(site.optional("bytes"))
      else { continue }
      let id = try site.required("id").string()
      let layer = try Self.text(&site, "layer", "name")
      layers[id] = (layer ?? id, bytes)
    }
    var actions: [Action] = []
    for element in try document.required("measurements").array() {
      var row = try element.object("measurement")
      let id = try row.required("site").string()
      guard let site = layers[id], let after = try Self.bytes(row.optional("bytes")),
        let cost = try Self.divergence(row.optional("divergence"))
      else { continue }
      let name = try row.required("action").string()
      actions.append(
        Action(
          site: id,
          layer: site.layer,
          action: name,
          before: site.bytes,
          after: after,
          divergence: cost
        )
      )
    }
    self.init(modelHash: hash, quality: quality, actions: actions)
  }

  /// The figures that were verified on samples that the search did not see; what was only predicted
  /// is no measurement.
  private init(plan document: inout JSON5Object, _ hash: String) throws(JSON5Error) {
    var quality = ReportSnapshot.Quality()
    quality.reason = "the plan was not verified; plan with --calibration"
    if let element = document.optional("verified"), !element.isNull {
      var verified = try element.object("verified")
      quality.accuracy = try Self.accuracy(verified.optional("accuracy"))
      quality.divergence = try Self.divergence(verified.optional("divergence"))
      quality.reason = "the plan was verified without labels"
    }
    var actions: [Action] = []
    for element in try document.required("layers").array() {
      var row = try element.object("layer")
      let id = try row.required("site").string()
      let name = try row.required("action").string()
      var before = try row.required("before").object("before")
      var after = try row.required("after").object("after")
      guard let old = try Self.bytes(before.optional("bytes")),
        let new = try Self.bytes(after.optional("bytes"))
      else { continue }
      actions.append(
        Action(
          site: id,
          layer: try Self.text(&row, "layer", "tensor") ?? id,
          action: name,
          before: old,
          after: new,
          divergence: try Self.divergence(row.optional("predictedDivergence")) ?? 0
        )
      )
    }
    self.init(modelHash: hash, quality: quality, actions: actions)
  }

  // MARK: - Values

  /// The first of the members that is there.
  private static func text(_ object: inout JSON5Object, _ names: String...) throws(JSON5Error)
    -> String?
  {
    for name in names {
      if let element = object.optional(name), !element.isNull { return try element.string() }
    }
    return nil
  }

  private static func bytes(_ element: JSON5Element?) throws(JSON5Error) -> Int? {
    guard let element, !element.isNull else { return nil }
    return try element.int(in: 0...1 << 50)
  }

  /// Hundredths of a percent, rounded down: a floor is not met by rounding.
  private static func accuracy(_ element: JSON5Element?) throws(JSON5Error) -> Int? {
    guard let element, !element.isNull else { return nil }
    let value = try element.double()
    guard value >= 0, value <= 1 else { throw element.mismatch("a share, 0 to 1") }
    // A share such as 0.9723 has no exact binary form: what is missing by less than 1e-9 is there.
    return Int((value * 10_000 + 1e-9).rounded(.down))
  }

  /// Millionths of a number or of an interval's mean, rounded up: a ceiling is not met by rounding.
  private static func divergence(_ element: JSON5Element?) throws(JSON5Error) -> Int? {
    guard let element, !element.isNull else { return nil }
    var value = element
    if case .object = element.node.value {
      var interval = try element.object("divergence")
      value = try interval.required("mean")
      if value.isNull { return nil }
    }
    let number = try value.double()
    guard number >= 0, let whole = Int(exactly: (number * 1e6 - 1e-9).rounded(.up)) else {
      throw value.mismatch("a number of 0 or more")
    }
    return max(0, whole)
  }
}
