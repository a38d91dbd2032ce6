import ByteIO
import Testing
import WireFormats

/// What is refused, where and why; expected places are counted by hand.
@Suite struct JSON5BadInputTests {
  struct Case: Sendable, CustomStringConvertible {
    let text: [UInt8]
    let line: Int
    let column: Int
    let message: String
    let path: String

    init(_ text: String, _ line: Int, _ column: Int, _ message: String, path: String = "") {
      self.init(Array(text.utf8), line, column, message, path: path)
    }

    init(_ text: [UInt8], _ line: Int, _ column: Int, _ message: String, path: String = "") {
      self.text = text
      self.line = line
      self.column = column
      self.message = message
      self.path = path
    }

    var description: String { String(decoding: text.prefix(60), as: UTF8.self).debugDescription }
  }

  static let noValue = "a value should stand here and not "

  static let structure: [Case] = [
    Case("", 1, 1, "the text is empty"),
    Case(" \n\t", 2, 2, "the text is empty"),
    Case("// only\n/* comments */", 2, 15, "the text is empty"),
    Case("1 2", 1, 3, #""2" stands after the end of the value"#),
    Case("{}\n{}", 2, 1, #""{" stands after the end of the value"#),
    Case("---\na: 1", 1, 1, "a number has no digits"),
    Case("]", 1, 1, noValue + #""]""#),
    Case("}", 1, 1, noValue + #""}""#),
    Case("[", 1, 2, "the text ends inside of a list"),
    Case("{", 1, 2, "the text ends inside of an object"),
    Case("[1", 1, 3, "the text ends inside of a list"),
    Case("[1,", 1, 4, "the text ends inside of a list"),
    Case("{a:1", 1, 5, "the text ends inside of an object"),
    Case("{a", 1, 3, #"a colon is missing after the key "a""#, path: "a"),
    Case("{a:", 1, 4, "a value is missing at the end of the text", path: "a"),
    Case("{a:}", 1, 4, noValue + #""}""#, path: "a"),
    Case("{a 1}", 1, 4, #"a colon is missing after the key "a""#, path: "a"),
    Case("{a=1}", 1, 3, #"a colon is missing after the key "a""#, path: "a"),
    Case("[1 2]", 1, 4, #"a comma or "]" should stand here and not "2""#),
    Case("[1}", 1, 3, #"a comma or "]" should stand here and not "}""#),
    Case("{a:1]", 1, 5, #"a comma or "}" should stand here and not "]""#),
    Case("{a:1\n b:2}", 2, 2, #"a comma or "}" should stand here and not "b""#),
    Case("[,]", 1, 2, "a value is missing before a comma"),
    Case("[1,,2]", 1, 4, "a value is missing before a comma"),
    Case("{,}", 1, 2, "a value is missing before a comma"),
    Case("{a:1,,}", 1, 6, "a value is missing before a comma"),
    Case("[;]", 1, 2, noValue + #"";""#, path: "[0]"),
    Case("{1:2}", 1, 2, #"a key should stand here and not "1""#),
    Case("{[1]:2}", 1, 2, #"a key should stand here and not "[""#),
    Case("{a-b:1}", 1, 3, #"a colon is missing after the key "a""#, path: "a"),
    Case("{a:1, a:2}", 1, 7, #"the key "a" stands twice in one object"#, path: "a"),
    Case(#"{a:1, "\u0061":2}"#, 1, 7, #"the key "a" stands twice in one object"#, path: "a"),
    Case(
      "{x:[{y:1,\n'a b':1,'a b':2}]}",
      2,
      9,
      #"the key "a b" stands twice in one object"#,
      path: #"x[0]["a b"]"#
    ),
    Case("{a:{b:[0,?]}}", 1, 10, noValue + #""?""#, path: "a.b[1]"),
    Case("/", 1, 1, "a slash begins no comment"),
    Case("1 /2", 1, 3, "a slash begins no comment"),
    Case("[1, /* x", 1, 5, "a comment does not end"),
    Case("/*/", 1, 1, "a comment does not end"),
    Case("# x\n1", 1, 1, noValue + ##""#""##),
    Case("version https://git-lfs.github.com/spec/v1", 1, 1, #"the word "version" is no value"#),
    Case("<!DOCTYPE html>", 1, 1, noValue + #""<""#),
  ]

  static let scalars: [Case] = [
    Case("True", 1, 1, #"the word "True" is no value"#),
    Case("nul", 1, 1, #"the word "nul" is no value"#),
    Case("[yes]", 1, 2, #"the word "yes" is no value"#, path: "[0]"),
    Case(#"tru\u0065"#, 1, 1, #"the word "true" is no value"#),
    Case("NaN", 1, 1, "NaN is no finite number"),
    Case("-NaN", 1, 1, "NaN is no finite number"),
    Case("Infinity", 1, 1, "Infinity is no finite number"),
    Case("-Infinity", 1, 1, "Infinity is no finite number"),
    Case("-Nothing", 1, 1, "a sign stands before no number"),
    Case("+", 1, 1, "a number has no digits"),
    Case("-", 1, 1, "a number has no digits"),
    Case(".", 1, 1, "a number has no digits"),
    Case("-.e1", 1, 1, "a number has no digits"),
    Case("01", 1, 1, "a number begins with a needless 0"),
    Case("[-017]", 1, 2, "a number begins with a needless 0", path: "[0]"),
    Case("0x", 1, 3, "a hexadecimal number has no digits"),
    Case("0xg", 1, 3, "a hexadecimal number has no digits"),
    Case("0x1.8", 1, 4, #""." stands inside of a number"#),
    Case("1e", 1, 3, "a digit is missing in the exponent"),
    Case("1e+", 1, 4, "a digit is missing in the exponent"),
    Case("1.2.3", 1, 4, #""." stands inside of a number"#),
    Case("5MB", 1, 2, #""M" stands inside of a number"#),
    Case("1_000", 1, 2, #""_" stands inside of a number"#),
    Case("1:30", 1, 2, #"":" stands after the end of the value"#),
    Case("5é", 1, 2, #""é" stands inside of a number"#),
    Case("1e400", 1, 1, "a number is too large for a double"),
    Case("-1e400", 1, 1, "a number is too large for a double"),
    Case(
      "0x" + String(repeating: "f", count: 300),
      1,
      1,
      "a number is too large for a double"
    ),
    Case(String(repeating: "9", count: 1_001), 1, 1, "a number has more than 1000 characters"),
    Case(
      "0." + String(repeating: "9", count: 5_000),
      1,
      1,
      "a number has more than 1000 characters"
    ),
  ]

  static let texts: [Case] = [
    Case("'a", 1, 1, "the text in quotes does not end in its line"),
    Case("[\n\"a\nb\"]", 2, 1, "the text in quotes does not end in its line", path: "[0]"),
    Case("'a\rb'", 1, 1, "the text in quotes does not end in its line"),
    Case("'a\\", 1, 4, "the text ends inside of an escape"),
    Case(#"'\x4'"#, 1, 2, "an escape needs 2 hexadecimal digits"),
    Case(#"'\xg0'"#, 1, 2, "an escape needs 2 hexadecimal digits"),
    Case(#"'\u12'"#, 1, 2, "an escape needs 4 hexadecimal digits"),
    Case(#"'\u{61}'"#, 1, 2, "an escape needs 4 hexadecimal digits"),
    Case(#"'\01'"#, 1, 2, #"there is no escape \0"#),
    Case(#"'\7'"#, 1, 2, #"there is no escape \7"#),
    Case(#"'ab\ud800'"#, 1, 4, "an escape is half of a surrogate pair"),
    Case(#"'\ud800\u0041'"#, 1, 2, "an escape is half of a surrogate pair"),
    Case(#"'\ude00\ud83d'"#, 1, 2, "an escape is half of a surrogate pair"),
    Case(#"{\x61:1}"#, 1, 3, "only \\u and four digits may stand in an unquoted key"),
    Case(#"{a\u002d:1}"#, 1, 3, #""-" may not stand in an unquoted key"#),
    Case(#"{\u0031:1}"#, 1, 2, #""1" may not stand in an unquoted key"#),
    Case("'\u{0}'", 1, 2, "a control character (U+0000)"),
    Case("'a\u{1B}[31m'", 1, 3, "a control character (U+001B)"),
    Case("'\u{7F}'", 1, 2, "a control character (U+007F)"),
    Case("'\u{9B}'", 1, 2, "a control character (U+009B)"),
    Case("'\u{B}'", 1, 2, "a control character (U+000B)"),
    Case("'\\\u{7}'", 1, 3, "a control character (U+0007)"),
    Case("// \u{8}\n1", 1, 4, "a control character (U+0008)"),
    Case("/* \u{1B} */1", 1, 4, "a control character (U+001B)"),
    Case("\u{0}", 1, 1, noValue + #""\u0000""#),
    Case([0xFF], 1, 1, "a byte is no UTF-8"),
    Case([0x27, 0x80, 0x27], 1, 2, "a byte is no UTF-8"),
    Case([0x27, 0xC0, 0xAF, 0x27], 1, 2, "a byte is no UTF-8"),
    Case([0x27, 0xE0, 0x80, 0xAF, 0x27], 1, 2, "a byte is no UTF-8"),
    Case([0x27, 0xED, 0xA0, 0x80, 0x27], 1, 2, "a byte is no UTF-8"),
    Case([0x27, 0xF4, 0x90, 0x80, 0x80, 0x27], 1, 2, "a byte is no UTF-8"),
    Case([0x27, 0xF0, 0x9F, 0x98], 1, 2, "a byte is no UTF-8"),
    Case([0x2F, 0x2F, 0x20, 0xC3, 0x0A, 0x31], 1, 4, "a byte is no UTF-8"),
    Case([0x2F, 0x2A, 0xFE, 0x2A, 0x2F, 0x31], 1, 3, "a byte is no UTF-8"),
    Case([0x7B, 0xC3, 0x28, 0x7D], 1, 2, "a byte is no UTF-8"),
    // UTF-16 with its byte order mark.
    Case([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], 1, 1, "a byte is no UTF-8"),
  ]

  @Test(arguments: structure + scalars + texts)
  func `bad text is refused with its place`(example: Case) {
    let error = #expect(throws: JSON5Error.self) {
      try JSON5.parse(ByteSource(example.text).bytes, options: .policy)
    }
    #expect(error?.code == .policyInvalid)
    #expect(error?.message == example.message)
    #expect(error?.line == example.line)
    #expect(error?.column == example.column)
    #expect(error?.path == example.path)
  }

  @Test func `the table is long enough`() {
    #expect((Self.structure + Self.scalars + Self.texts).count >= 60)
  }
}
