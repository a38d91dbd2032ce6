import Testing

@testable import Reports

/// Expected texts by hand.
@Suite struct ColumnsTests {
  @Test(arguments: [
    ("abc", 3), ("", 0), ("1×96×96×3", 9), ("层", 2), ("e\u{301}", 1), ("한글", 4),
    ("█▌", 2), ("≥ 5", 3),
  ])
  func `width counts columns`(text: String, columns: Int) {
    #expect(Columns.width(text) == columns)
  }

  @Test(arguments: [
    ("layer", 5, "layer"), ("convolution", 7, "con…ion"), ("convolution", 6, "co…ion"),
    ("ab", 1, "…"), ("ab", 0, ""), ("层层层层", 5, "层…层"), ("a\nb", 4, #"a\nb"#),
    ("\u{1B}[31m", 20, #"\x1b[31m"#), ("\u{202E}x", 20, #"\u{202e}x"#),
  ])
  func `long names are cut in the middle`(text: String, limit: Int, result: String) {
    #expect(Columns.shortened(text, to: limit) == result)
    #expect(Columns.width(Columns.shortened(text, to: limit)) <= limit)
  }

  @Test func `text is padded on either side`() {
    #expect(Columns.left("ab", 4) == "ab  ")
    #expect(Columns.right("ab", 4) == "  ab")
    #expect(Columns.left("abcde", 4) == "abcde")
    #expect(Columns.right("层", 4) == "  层")
  }

  @Test(arguments: [
    (0.0, ""), (-1, ""), (.nan, ""), (0.001, "▏"), (0.25, "█▌"), (0.5, "███"), (1, "██████"),
    (7, "██████"), (0.98, "█████▉"),
  ])
  func `bars are as long as the share`(share: Double, bar: String) {
    #expect(Columns.bar(share, 6) == bar)
  }

  @Test(arguments: [
    ("", [""]), ("one", ["one"]), ("one two three", ["one two", "three"]),
    ("  spaced   out  ", ["spaced", "out"]), ("abcdefghij", ["abcdefgh", "ij"]),
    ("a abcdefghij b", ["a", "abcdefgh", "ij b"]),
  ])
  func `lines are broken at spaces`(text: String, lines: [String]) {
    #expect(Columns.wrapped(text, to: 8) == lines)
  }

  @Test func `colour is only where it is used`() {
    #expect(TextStyle(usesColor: false).paint("x", .error) == "x")
    #expect(TextStyle(usesColor: true).paint("x", .error) == "\u{1B}[1;31mx\u{1B}[0m")
    #expect(TextStyle(usesColor: true).paint("", .error).isEmpty)
  }

  @Test(arguments: [(10, 60), (60, 60), (110, 110), (1_000, 200)])
  func `the width stays in bounds`(width: Int, result: Int) {
    #expect(TextStyle(width: width).width == result)
  }
}
