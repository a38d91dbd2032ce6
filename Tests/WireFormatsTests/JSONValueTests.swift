import Testing
import WireFormats

@Suite struct JSONValueTests {
  @Test func `members keep their order and lists of scalars stand on one line`() {
    let value: JSONValue = ["b": 1, "a": [1, 2], "c": [["x": nil]], "d": [], "e": "é\"\n"]
    let expected = #"""
      {
        "b": 1,
        "a": [1, 2],
        "c": [
          {
            "x": null
          }
        ],
        "d": [],
        "e": "é\"\n"
      }

      """#
    #expect(String(decoding: value.serialized(), as: UTF8.self) == expected)
  }

  @Test(arguments: [
    (0.1, "0.1\n"), (3.0, "3\n"), (1e-7, "1e-07\n"), (1e300, "1e+300\n"), (-0.5, "-0.5\n"),
    (-0x1p63, "-9.223372036854776e+18\n"), (0x1p63, "9.223372036854776e+18\n"),
    (-0x1p53 + 1, "-9007199254740991\n"), (-0.0, "0\n"),
  ])
  func `numbers are the shortest that read back the same`(value: Double, text: String) {
    #expect(String(decoding: JSONValue.double(value).serialized(), as: UTF8.self) == text)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `what JSON cannot say is null`(value: Double) {
    #expect(JSONValue(value) == .null)
    #expect(String(decoding: JSONValue.double(value).serialized(), as: UTF8.self) == "null\n")
  }
}
