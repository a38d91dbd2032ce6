import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What Foundation's XML parser, which knows nothing of our writer, reads in an SVG.
final class ReadSVG: NSObject, XMLParserDelegate {
  /// The attributes of each group, by its class.
  private(set) var groups: [String: [[String: String]]] = [:]
  /// All names of elements, and all attributes with their values.
  private(set) var elements: Set<String> = []
  private(set) var attributes: [(name: String, value: String)] = []
  private(set) var texts: [String] = []
  private(set) var titles: [String] = []
  private var open: [String] = []
  private var collected = ""

  init(_ path: String) throws {
    super.init()
    let parser = XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: path)))
    parser.delegate = self
    let isWhole = parser.parse()
    #expect(isWhole, "\(path): \(String(describing: parser.parserError))")
  }

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes given: [String: String]
  ) {
    elements.insert(name)
    attributes += given.map { ($0.key, $0.value) }
    if name == "g" { groups[given["class"] ?? "", default: []].append(given) }
    open.append(name)
    collected = ""
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { collected += text }

  func parser(
    _ parser: XMLParser,
    didEndElement name: String,
    namespaceURI: String?,
    qualifiedName: String?
  ) {
    if name == "text" { texts.append(collected) }
    if name == "title" { titles.append(collected) }
    open.removeLast()
    collected = ""
  }

  /// The boxes of operators.
  var operations: [[String: String]] {
    (groups["node"] ?? []).filter { $0["data-kind"] == "operation" }
  }

  /// All operators that boxes say they stand for.
  var coveredOperators: [Int] {
    operations.flatMap { ($0["data-operators"] ?? "").split(separator: " ").compactMap { Int($0) } }
      .sorted()
  }
}

/// Models that are only described.
enum GraphModel {
  /// A chain of sums with the given names of nodes and tensors.
  static func named(_ names: [String]) -> [UInt8] {
    ONNX.model(
      [ONNX.input("in", [1, 4])]
        + names.enumerated().map { index, name in
          ONNX.node(
            "ReduceSum",
            [index == 0 ? "in" : "t\(index) " + names[index - 1]],
            ["t\(index + 1) " + name],
            name: name
          )
        } + [ONNX.output("t\(names.count) " + (names.last ?? ""), [1, 1])]
    )
  }
}
