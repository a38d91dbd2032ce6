import ModelIR
import Operators
import Testing

@Suite struct SignalAndTextTests {
  // numpy.fft.rfft2 of [[0, 1, 2, 3], [4, 5, 6, 7]]; exact but for rounding of the last bits.
  @Test func `images have spectra`() throws {
    let results = try OperatorHarness.evaluate(
      "rfft2D",
      [Tensor([2, 4], floats: [0, 1, 2, 3, 4, 5, 6, 7]), .list(2, 4)]
    )
    let spectrum = try #require(results.first)
    #expect(spectrum.type == .complex64)
    #expect(spectrum.sizes == [2, 3])
    let expected: [Double] = [28, 0, -4, 4, -4, 0, -16, 0, 0, 0, 0, 0]
    for (value, wanted) in zip(try #require(spectrum.doubleValues), expected) {
      #expect(abs(value - wanted) < 1e-5)
    }
    let magnitude = try OperatorHarness.evaluate("complexAbs", [spectrum])
    #expect(magnitude.first?.sizes == [2, 3])
  }

  // A law: the inverse gives back what was transformed, for lengths with and without factors of 2.
  @Test(arguments: [1, 2, 5, 8, 12])
  func `the inverse transform gives back the signal`(length: Int) throws {
    let signal = (0..<length).map { Float($0 * $0 % 7) - 2 }
    let input = Tensor([1, length, 1], floats: signal)
    let spectrum = try OperatorHarness.evaluate("dft", [input], ["onesided": .bool(true)])
    let again = try OperatorHarness.evaluate(
      "dft",
      [spectrum[0], Tensor([], integers: [length])],
      ["onesided": .bool(true), "inverse": .bool(true)]
    )
    #expect(again[0].sizes == [1, length, 1])
    for (value, wanted) in zip(try #require(again[0].doubleValues), signal) {
      #expect(abs(value - Double(wanted)) < 1e-5)
    }
  }

  // By hand from the rule of TFLite's kernel: longer texts that begin alike come first.
  @Test func `nearby words are put together`() throws {
    let text = Tensor(type: .string, sizes: [1], elements: .strings(["a b c"]))
    let results = try OperatorHarness.evaluate(
      "skipGram",
      [text],
      ["ngramSize": .int(2), "maxSkipSize": .int(1), "includeAllNgrams": .bool(false)]
    )
    #expect(results.first?.elements == .strings(["a b", "a c", "b c"]))
  }

  @Test func `texts are cut at most as often as asked`() throws {
    let text = Tensor(type: .string, sizes: [2], elements: .strings(["a-b-c", "d"]))
    let results = try OperatorHarness.evaluate(
      "stringSplit",
      [text],
      ["delimiter": .string("-"), "maxsplit": .int(1)],
      outputs: 2
    )
    #expect(results[0].elements == .strings(["a", "b-c", "d", ""]))
    #expect(results[1].integerValues == [2, 1])
  }
}

/// Expected answers: Python's `re.fullmatch`.
@Suite struct RegularExpressionTests {
  @Test(arguments: [
    (#"(\W|^)[\w.\-]{0,25}@(yahoo|gmail)\.com(\W|$)"#, "account@gmail.com", true),
    (#"(\W|^)[\w.\-]{0,25}@(yahoo|gmail)\.com(\W|$)"#, "not email", false),
    (#"www\.[\w.-]+\.\bcom\b"#, "www.a-b.com", true), (#"a\Bb"#, "ab", true),
    ("a{2,3}", "aaaa", false), ("a{2,3}", "aaa", true),
    ("(a|b)*c+d?", "abbacc", true), ("[^x-z]", "y", false),
    ("(a*)*b", "aaaaaaaaaaaaaaaaaaaac", false),
    ("", "", true), ("(", "", nil), ("*a", "", nil), ("[b-a]", "", nil), (".", "\n", false),
  ])
  func `patterns fit whole texts`(pattern: String, text: String, expected: Bool?) {
    let results = try? OperatorHarness.evaluate(
      "regexFullMatch",
      [Tensor(type: .string, sizes: [1], elements: .strings([text]))],
      ["pattern": .string(pattern)]
    )
    #expect(results?.first?.integerValues == expected.map { [$0 ? 1 : 0] })
  }
}
