import ByteIO
import WireFormats

extension SensitivityTable {
  /// The schema that is read.
  static let schema = "analyze.sensitivity/1"

  /// Reads what `analyze sensitivity` wrote.
  ///
  /// Fields that INTERFACE names are checked strictly; others may be there and are passed over, as
  /// documents grow by fields.
  ///
  /// - Parameters:
  ///   - bytes: The document.
  ///   - modelHash: The SHA-256 of the model that is planned.
  /// - Returns: The table.
  /// - Throws: `DATA_INVALID` with the place; `BASELINE_MISMATCH` where another model was measured.
  package static func decode(_ bytes: Bytes, modelHash: String) throws(JSON5Error) -> Self {
    let options = JSON5Options.python(maximumBytes: 256 << 20, code: .dataInvalid)
    let root = try JSON5.decode(bytes, options: options)
    var document = try root.object("sensitivity")
    let schema = try document.required("schema")
    guard try schema.string() == Self.schema else {
      throw schema.error(
        "the schema is \(jsonQuoted(try schema.string())), not \"\(Self.schema)\"",
        hint: "measure again with this version"
      )
    }
    var model = try document.required("model").object("model")
    let hash = try model.required("sha256")
    guard try hash.string() == modelHash else {
      throw JSON5Error(
        .baselineMismatch,
        "another model was measured: its SHA-256 is \(try hash.string().prefix(12))…, this one's"
          + " \(modelHash.prefix(12))…",
        at: hash.position,
        path: "model.sha256",
        hint: "measure this model"
      )
    }
    var calibration = try document.required("calibration").object("calibration")
    let samples = try calibration.required("samples").int(in: 1...Int.max)
    let digest = try calibration.optional("sha256").flatMap { (element) throws(JSON5Error) in
      try text(element)
    }
    let metric = try document.required("metric").string(oneOf: ["kl", "relative-mse"])
    var baselineAccuracy: Double?
    if let element = document.optional("baseline"), !element.isNull {
      var baseline = try element.object("baseline")
      baselineAccuracy = try share(baseline.optional("accuracy"))
    }
    var sites: [Site] = []
    var places: [String: Int] = [:]
    for element in try document.required("sites").array() {
      let site = try site(element)
      guard places.updateValue(sites.count, forKey: site.id) == nil else {
        throw element.error("two sites are called \(jsonQuoted(site.id))")
      }
      sites.append(site)
    }
    var measurements: [Measurement] = []
    var seen: Set<String> = []
    for element in try document.required("measurements").array() {
      let measurement = try measurement(element, places)
      guard seen.insert("\(measurement.site) \(measurement.action)").inserted else {
        throw element.error("\(measurement.action) stands twice for the site")
      }
      measurements.append(measurement)
    }
    var table = SensitivityTable(
      origin: .measured(samples: samples),
      metric: metric,
      baselineAccuracy: baselineAccuracy,
      sites: sites,
      measurements: measurements
    )
    table.samplesDigest = digest
    table.adequacy = try adequacy(document.optional("adequacy"))
    return table
  }

  private static func adequacy(_ element: JSON5Element?) throws(JSON5Error) -> Adequacy? {
    guard let element, !element.isNull else { return nil }
    var object = try element.object("adequacy")
    let verdict = try object.required("verdict").string(oneOf: ["enough", "not-enough"])
    return Adequacy(
      isEnough: verdict == "enough",
      reliability: try object.optional("reliability").flatMap { (value) throws(JSON5Error) in
        value.isNull ? nil : try value.double()
      },
      samplesNeeded: try object.optional("samplesNeeded").flatMap { (value) throws(JSON5Error) in
        try number(value)
      }
    )
  }

  private static func site(_ element: JSON5Element) throws(JSON5Error) -> Site {
    var object = try element.object("site")
    return Site(
      id: try object.required("id").string(),
      kind: try object.required("kind").string(oneOf: ["weights", "activations", "channels"]),
      operatorIndex: try number(object.required("operator")),
      name: try object.optional("name")?.string() ?? "",
      layer: try text(object.required("layer")),
      tensor: try object.required("tensor").string(),
      parameters: try object.required("parameters").int(in: 0...Int.max),
      bytes: try number(object.required("bytes"))
    )
  }

  private static func measurement(_ element: JSON5Element, _ places: [String: Int])
    throws(JSON5Error) -> Measurement
  {
    var object = try element.object("measurement")
    let site = try object.required("site")
    guard let place = places[try site.string()] else {
      throw site.error("no site is called \(jsonQuoted(try site.string()))")
    }
    return Measurement(
      site: place,
      action: try object.required("action").string(),
      bytes: try number(object.required("bytes")),
      multiplyAdds: try number(object.required("macs")),
      divergence: try interval(object.required("divergence")),
      accuracy: try share(object.optional("accuracy")),
      top1Agreement: try share(object.optional("top1Agreement"))
    )
  }

  private static func number(_ element: JSON5Element) throws(JSON5Error) -> Int? {
    element.isNull ? nil : try element.int(in: 0...Int.max)
  }

  private static func text(_ element: JSON5Element) throws(JSON5Error) -> String? {
    element.isNull ? nil : try element.string()
  }

  private static func share(_ element: JSON5Element?) throws(JSON5Error) -> Double? {
    guard let element, !element.isNull else { return nil }
    let value = try element.double()
    guard (0...1).contains(value) else { throw element.mismatch("a share from 0 to 1") }
    return value
  }

  private static func interval(_ element: JSON5Element) throws(JSON5Error) -> Interval? {
    guard !element.isNull else { return nil }
    var object = try element.object("divergence")
    let mean = try object.required("mean")
    // Estimates have no bounds.
    let low = try object.required("low")
    let high = try object.required("high")
    let interval = Interval(
      mean: try mean.double(),
      low: try (low.isNull ? mean : low).double(),
      high: try (high.isNull ? mean : high).double()
    )
    guard interval.mean.isFinite, interval.low.isFinite, interval.high.isFinite,
      interval.low <= interval.mean, interval.mean <= interval.high
    else { throw mean.error("the mean should be a number between low and high") }
    return interval
  }
}
