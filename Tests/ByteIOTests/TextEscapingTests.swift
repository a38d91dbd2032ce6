import ByteIO
import Testing

@Suite struct TextEscapingTests {
  @Test(arguments: [
    ("plain größe 模型", "plain größe 模型"),
    ("a\nb", #"a\nb"#),
    ("\u{1B}[31mred", #"\x1b[31mred"#),
    ("\u{9B}31m", #"\x9b31m"#),
    ("x\u{202E}y", #"x\u{202e}y"#),
    ("x\u{200B}y\u{FEFF}", #"x\u{200b}y\u{feff}"#),
    ("\0\u{7F}", #"\x00\x7f"#),
  ])
  func `what could steer a terminal is made visible`(text: String, shown: String) {
    #expect(escapedForTerminal(text) == shown)
  }

  @Test(arguments: [
    ("a\"b\\c", #""a\"b\\c""#), ("\u{1}", #""\u0001""#), ("é\u{2028}", #""é\u2028""#),
  ])
  func `JSON strings escape what RFC 8259 asks for`(text: String, quoted: String) {
    #expect(jsonQuoted(text) == quoted)
  }
}
