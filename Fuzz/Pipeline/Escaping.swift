import ByteIO
import FuzzSupport
import WireFormats

/// What no text of a model may do to the formats that it is written into.
enum Escaping {
  /// One line for a terminal.
  static func checkLine(_ text: String) throws {
    try promise(!text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" }, "a second line")
    try checkTerminal(text)
  }

  /// Lines for a terminal.
  static func checkTerminal(_ text: String) throws {
    for scalar in text.unicodeScalars where scalar != "\n" {
      let value = scalar.value
      try promise(
        value >= 0x20 && !(0x7F...0x9F).contains(value) && !(0x202A...0x202E).contains(value)
          && !(0x2066...0x2069).contains(value) && !(0x200B...0x200F).contains(value)
          && value != 0xFEFF,
        "the control character \(value) reaches the terminal"
      )
    }
  }

  /// A platform's commands stand at the start of a line.
  static func checkNoCommands(_ text: String) throws {
    for line in text.split(separator: "\n") {
      try promise(!line.hasPrefix("::") && !line.hasPrefix("##["), "a line that CI obeys: \(line)")
    }
  }

  /// Strict JSON.
  static func checkJSON(_ bytes: [UInt8]) throws {
    let options = JSON5Options(syntax: .json, maximumBytes: 1 << 30, code: .internal)
    do throws(JSON5Error) {
      _ = try JSON5.parse(ByteSource(bytes).bytes, options: options)
    } catch {
      throw BrokenPromise("no JSON: \(error)")
    }
  }

  /// As many statements for nodes as there are boxes, and every quote closed.
  static func checkDOT(_ text: String, nodes: Int) throws {
    var found = 0
    for line in text.split(separator: "\n") {
      var isQuoted = false
      var isEscaped = false
      for character in line.unicodeScalars {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isQuoted.toggle()
        }
      }
      try promise(!isQuoted, "a quote that does not end: \(line)")
      // `op12 [id="op12", …`: letters, digits, and what belongs to the box.
      let name = line.drop { $0 == " " }.prefix { $0 != " " }
      let isBox =
        line.contains(" [id=\"") && name.last?.isNumber == true
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      if isBox { found += 1 }
    }
    try promise(found == nodes, "\(found) statements for \(nodes) boxes")
    let outside = outsideQuotes(text)
    for word in ["URL=", "href=", "image=", "shapefile=", "fontpath="] {
      try promise(!outside.contains(word), "\(word) in a picture")
    }
  }

  private static func outsideQuotes(_ text: String) -> String {
    var result = ""
    var isQuoted = false
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "\"" {
        isQuoted.toggle()
      } else if !isQuoted {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Elements that close in the order in which they were opened, and nothing that runs.
  static func checkXML(_ text: String) throws {
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      try checkEntities(rest[..<start])
      rest = rest[rest.index(after: start)...]
      guard let end = endOfTag(rest) else { throw BrokenPromise("a tag that does not end") }
      let tag = rest[..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!") || tag.hasPrefix("?") { continue }
      if tag.hasPrefix("/") {
        let name = tag.dropFirst().prefix { !$0.isWhitespace }
        try promise(open.popLast() == name, "</\(name)> closes something else")
        continue
      }
      let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
      let lower = tag.lowercased()
      try promise(name != "script" && !lower.contains("javascript:"), "a script: \(tag)")
      try promise(!tag.contains("<"), "an unescaped < inside a tag")
      if !tag.hasSuffix("/") { open.append(name) }
    }
    try checkEntities(rest)
    try promise(open.isEmpty, "<\(open.last ?? "")> is not closed")
    for scalar in text.unicodeScalars {
      let isAllowed =
        scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF || scalar == "\n"
        || scalar == "\t"
      try promise(isAllowed, "the character \(scalar.value) is none of XML's")
    }
  }

  /// Where the tag ends: the next `>` that is in no attribute.
  private static func endOfTag(_ text: Substring) -> Substring.Index? {
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == ">" {
        return index
      }
    }
    return nil
  }

  private static func checkEntities(_ text: Substring) throws {
    var rest = text
    while let start = rest.firstIndex(of: "&") {
      let name = rest[rest.index(after: start)...].prefix(10)
      let known = ["amp;", "lt;", "gt;", "quot;", "apos;"].contains { name.hasPrefix($0) }
      try promise(known || name.hasPrefix("#"), "an & that is not escaped")
      rest = rest[rest.index(after: start)...]
    }
  }

  /// Cells that no table program takes for formulas.
  static func checkCSV(_ text: String) throws {
    var isQuoted = false
    var isStart = true
    for character in text.unicodeScalars {
      if isStart, isQuoted {
        try promise(!"=+-@".unicodeScalars.contains(character), "a cell that is a formula")
      }
      isStart = false
      if character == "\"" {
        isQuoted.toggle()
        isStart = isQuoted
      }
    }
    try promise(!isQuoted, "a cell that does not end")
  }
}
