import ByteIO
import Gate
import WireFormats

/// GitLab's Code Quality report: what the gate objects to.
package struct GateCodeQuality {
  private let result: GateResult
  private let policy: PolicyIdentity

  package init(_ result: GateResult, policy: PolicyIdentity) {
    self.result = result
    self.policy = policy
  }

  /// The document.
  package func value() -> JSONValue {
    .array(
      result.checks.filter { $0.verdict != .pass }.map { check in
        [
          "description": .string(escapedForTerminal(GateSentences.message(check))),
          "check_name": .string("analyze/" + (check.figure?.rawValue ?? "undecidable")),
          "fingerprint": .string(fingerprint(check)),
          "severity": check.isAdvisory ? "minor" : check.verdict == .fail ? "major" : "critical",
          "location": [
            "path": .string(policy.location(of: check.model)), "lines": ["begin": 1],
          ],
        ]
      }
    )
  }
}

/// The checks as JUnit XML: a test suite for each model, a test case for each check.
package struct GateJUnit {
  private let result: GateResult

  package init(_ result: GateResult) { self.result = result }

  /// The document; it ends in a newline.
  package func text() -> String {
    var names: [String] = []
    for check in result.checks where !names.contains(check.model) { names.append(check.model) }
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites name=\"analyze gate\" \(counts(result.checks))>\n"
    for name in names {
      let checks = result.checks.filter { $0.model == name }
      text += "  <testsuite name=\"\(XMLText.escaped(name))\" \(counts(checks))>\n"
      for check in checks { text += testCase(check) }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  private func counts(_ checks: [GateResult.Check]) -> String {
    let failures = checks.count { $0.verdict == .fail && !$0.isAdvisory }
    let errors = checks.count { $0.verdict == .undecidable && !$0.isAdvisory }
    return "tests=\"\(checks.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
  }

  private func testCase(_ check: GateResult.Check) -> String {
    let name = XMLText.escaped(GateSentences.title(check))
    let open = "    <testcase classname=\"\(XMLText.escaped(check.model))\" name=\"\(name)\""
    let message = XMLText.escaped(GateSentences.message(check))
    if check.verdict == .pass { return open + "/>\n" }
    let body: String
    if check.isAdvisory {
      body = "<system-out>warning: \(message)</system-out>"
    } else if check.verdict == .fail {
      let why = result.explanations.first { $0.model == check.model && $0.figure == check.figure }
      let text = why.map { XMLText.escaped(GateSentences.why($0)) } ?? ""
      body = "<failure message=\"\(message)\" type=\"budget\">\(text)</failure>"
    } else {
      body = "<error message=\"\(message)\" type=\"undecidable\"></error>"
    }
    return open + ">\(body)</testcase>\n"
  }
}

/// GitHub's workflow commands: annotations for what the gate objects to.
package struct GateAnnotations {
  private let result: GateResult
  private let policy: PolicyIdentity

  /// A step shows no more than this many errors, and as many warnings.
  private static let mostOfAKind = 10

  package init(_ result: GateResult, policy: PolicyIdentity) {
    self.result = result
    self.policy = policy
  }

  /// The lines; empty where there is nothing to object to.
  package func text() -> String {
    let objections = result.checks.filter { $0.verdict != .pass }
    return lines(objections.filter { !$0.isAdvisory && result.isEnforced }, "error")
      + lines(objections.filter { $0.isAdvisory || !result.isEnforced }, "warning")
  }

  private func lines(_ checks: [GateResult.Check], _ level: String) -> String {
    // The last one is kept for saying how many were left out.
    let shown = checks.count > Self.mostOfAKind ? Self.mostOfAKind - 1 : checks.count
    var text = ""
    for check in checks.prefix(shown) {
      let why = result.explanations.first { $0.model == check.model && $0.figure == check.figure }
      let sentence = GateSentences.message(check)
      let message = why.map { sentence + "\nwhy: " + GateSentences.why($0) } ?? sentence
      let file = policy.location(of: check.model)
      let place = file.isEmpty ? "" : "file=\(Self.property(file)),"
      let title = Self.property("analyze: " + GateSentences.title(check))
      text += "::\(level) \(place)title=\(title)::\(Self.data(message))\n"
    }
    if shown < checks.count {
      text += "::\(level) title=analyze::\(checks.count - shown) more; the summary has them all\n"
    }
    return text
  }

  /// Line ends and percent signs of strangers would end the command or start another.
  private static func data(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": result += "%25"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      default: result += escapedForTerminal(String(scalar))
      }
    }
    return result
  }

  private static func property(_ text: String) -> String {
    var result = ""
    for scalar in data(text).unicodeScalars {
      switch scalar {
      case ":": result += "%3A"
      case ",": result += "%2C"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// TeamCity's service messages: build problems, and the figures as statistics.
package struct GateServiceMessages {
  private let result: GateResult

  package init(_ result: GateResult) { self.result = result }

  /// The lines.
  package func text() -> String {
    var text = ""
    for check in result.checks {
      if let figure = check.figure, let value = check.value {
        let key = "analyze.\(check.model).\(figure.rawValue)"
        text += "##teamcity[buildStatisticValue key='\(Self.escaped(key))' value='\(value)']\n"
      }
      guard check.verdict != .pass else { continue }
      let message = Self.escaped(check.model + ": " + GateSentences.message(check))
      if check.isAdvisory || !result.isEnforced {
        text += "##teamcity[message text='\(message)' status='WARNING']\n"
      } else {
        text +=
          "##teamcity[buildProblem description='\(message)' identity='\(fingerprint(check))']\n"
      }
    }
    return text
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in escapedForTerminal(text).unicodeScalars {
      switch scalar {
      case "|", "'", "[", "]":
        result += "|"
        result.unicodeScalars.append(scalar)
      case _ where scalar.value > 0x7F:
        let digits = String(scalar.value, radix: 16)
        result +=
          scalar.value > 0xFFFF
          ? "?" : "|0x" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
