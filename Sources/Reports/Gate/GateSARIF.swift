import ByteIO
import Gate
import WireFormats

/// What the gate objects to, as SARIF 2.1.0 (OASIS Standard, 27 March 2020).
///
/// A binary file has no lines, so a result names the bytes of the whole file and the operators as
/// logical locations.
package struct GateSARIF {
  private let result: GateResult
  private let policy: PolicyIdentity
  private let tool: ToolIdentity

  /// Uploads show no more than this many results of a run.
  private static let mostResults = 5_000

  package init(_ result: GateResult, policy: PolicyIdentity, tool: ToolIdentity) {
    self.result = result
    self.policy = policy
    self.tool = tool
  }

  /// The document.
  package func value() -> JSONValue {
    let objections = result.checks.filter { $0.verdict != .pass }.prefix(Self.mostResults)
    var rules: [String] = []
    for check in objections where !rules.contains(rule(check)) { rules.append(rule(check)) }
    return [
      "$schema":
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        [
          "tool": [
            "driver": [
              "name": .string(tool.name),
              "version": .string(tool.version),
              "rules": .array(
                rules.map { rule in
                  [
                    "id": .string(rule),
                    "shortDescription": ["text": .string(description(rule))],
                  ]
                }
              ),
            ]
          ],
          "invocations": [
            [
              "executionSuccessful": .bool(result.verdict != .undecidable),
              "exitCode": .int(result.exitCode),
            ]
          ],
          "results": .array(objections.map { objection($0, rules) }),
        ]
      ],
    ]
  }

  private func rule(_ check: GateResult.Check) -> String {
    guard let figure = check.figure else { return "undecidable" }
    return "budget/" + figure.rawValue
  }

  private func description(_ rule: String) -> String {
    let name = rule.split(separator: "/").last.map(String.init) ?? rule
    return Figure(rawValue: name).map { "A budget for the \($0.title) of a model." }
      ?? "The gate could not tell."
  }

  private func objection(_ check: GateResult.Check, _ rules: [String]) -> JSONValue {
    let rule = rule(check)
    let why = result.explanations.first { $0.model == check.model && $0.figure == check.figure }
    let sentence = GateSentences.message(check)
    let text = why.map { sentence + ". Why: " + GateSentences.why($0) } ?? sentence
    var location: [JSONValue.Member] = []
    if let uri = Self.uri(policy.location(of: check.model)) {
      location.append(
        .init(
          "physicalLocation",
          [
            "artifactLocation": ["uri": .string(uri)],
            "region": ["byteOffset": 0, "byteLength": .int(fileBytes(check))],
          ]
        )
      )
    }
    let causes = why?.causes ?? []
    if !causes.isEmpty {
      location.append(
        .init(
          "logicalLocations",
          .array(causes.map { ["name": .string($0.title), "kind": "member"] })
        )
      )
    }
    return [
      "ruleId": .string(rule),
      "ruleIndex": .int(rules.firstIndex(of: rule) ?? 0),
      "level": check.isAdvisory ? "warning" : "error",
      "message": ["text": .string(Self.escaped(text + "."))],
      "locations": .array(location.isEmpty ? [] : [.object(location)]),
      "partialFingerprints": ["budget/v1": .string(fingerprint(check))],
    ]
  }

  private func fileBytes(_ check: GateResult.Check) -> Int {
    result.checks.first { $0.model == check.model && $0.figure == .fileBytes }?.value ?? 0
  }

  /// Messages have links in brackets; the text of strangers has none (section 3.11.6).
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in escapedForTerminal(text).unicodeScalars {
      if scalar == "[" || scalar == "]" || scalar == "\\" { result += "\\" }
      if scalar == "{" || scalar == "}" { result.unicodeScalars.append(scalar) }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// A relative reference with everything but unreserved characters percent-encoded (RFC 3986).
  private static func uri(_ path: String) -> String? {
    guard !path.isEmpty else { return nil }
    let digits = Array("0123456789ABCDEF".unicodeScalars)
    var result = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += "%"
        result.unicodeScalars.append(digits[Int(byte >> 4)])
        result.unicodeScalars.append(digits[Int(byte & 15)])
      }
    }
    return result
  }
}

/// What is the same in every run as long as the objection is the same: no value and no line in it.
func fingerprint(_ check: GateResult.Check) -> String {
  var hash = SHA256()
  let parts = [
    check.model, check.figure?.rawValue ?? check.code ?? "", check.scope.title ?? "",
    check.kind.rawValue,
  ]
  hash.update(Array(parts.joined(separator: "\u{0}").utf8))
  return String(hash.hexadecimal().prefix(32))
}
