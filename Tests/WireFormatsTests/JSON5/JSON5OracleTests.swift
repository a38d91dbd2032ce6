import ByteIO
import Foundation
import Testing
import WireFormats

/// Against the PyPI package `json5`: Tests/Oracles/json5_values.py made the table.
@Suite struct JSON5OracleTests {
  struct Case: Sendable, CustomStringConvertible {
    let text: String
    /// The value in the notation of `notation(_:)`; `nil` where the package refuses the text.
    let value: String?

    var description: String { text.debugDescription }
  }

  static let cases: [Case] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Oracles/json5_values.json")
    guard let data = try? Data(contentsOf: file),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let cases = root["cases"] as? [[String: Any]]
    else { return [] }
    return cases.map { entry in
      Case(
        text: entry["text"] as? String ?? "",
        value: (entry["value"] as? [String: Any]).map(notation)
      )
    }
  }()

  @Test func `the table is there`() {
    #expect(Self.cases.count > 100)
  }

  @Test(arguments: cases)
  func `a text has the value that another reader finds`(example: Case) throws {
    let options = JSON5Options(allowsNonFinite: true, code: .policyInvalid)
    let bytes = ByteSource(Array(example.text.utf8)).bytes
    guard let value = example.value else {
      let error = #expect(throws: JSON5Error.self) { try JSON5.parse(bytes, options: options) }
      #expect(error?.code == .policyInvalid)
      return
    }
    #expect(notation(try JSON5.parse(bytes, options: options)) == value)
  }
}

/// A value in words that keep the types apart.
private func notation(_ tagged: [String: Any]) -> String {
  if let int = tagged["int"] as? String { return "int " + int }
  if let double = tagged["double"] as? String {
    return "double \(Double(double.replacingOccurrences(of: "inf", with: "infinity")) ?? .nan)"
  }
  if let string = tagged["string"] as? String { return "string \(Array(string.unicodeScalars))" }
  if let bool = tagged["bool"] as? Bool { return "bool \(bool)" }
  if let array = tagged["array"] as? [[String: Any]] {
    return "[" + array.map(notation).joined(separator: ", ") + "]"
  }
  if let object = tagged["object"] as? [[Any]] {
    let members = object.map { member in
      "\(member[0] as? String ?? "?"): " + notation(member[1] as? [String: Any] ?? [:])
    }
    return "{" + members.joined(separator: ", ") + "}"
  }
  return "null"
}

private func notation(_ node: JSON5Node) -> String {
  switch node.value {
  case .null: "null"
  case .bool(let value): "bool \(value)"
  case .int(let value): "int \(value)"
  case .double(let value): "double \(value)"
  case .string(let value): "string \(Array(value.unicodeScalars))"
  case .array(let elements): "[" + elements.map(notation).joined(separator: ", ") + "]"
  case .object(let members):
    "{" + members.map { "\($0.name): " + notation($0.value) }.joined(separator: ", ") + "}"
  }
}
