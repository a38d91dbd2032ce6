import ByteIO
import Foundation
import TargetRules
import Testing

/// What holds for every rule file of the package.
@Suite struct BuiltInRuleTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("rules/targets")

  static let files: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".json5") }.map { String($0.dropLast(6)) }.sorted()

  @Test func `the program carries every file, and no other`() throws {
    #expect(!Self.files.isEmpty)
    #expect(TargetLibrary.builtInNames == Self.files)
    for name in Self.files {
      let text = try Data(contentsOf: Self.folder.appendingPathComponent(name + ".json5"))
      let isSame = TargetLibrary.builtInBytes(name).array == Array(text)
      #expect(isSame, "\(name): run Scripts/embed-rules.sh")
    }
  }

  /// Operators are those of the format's own table, or stated to be strange.
  @Test(arguments: files)
  func `a file is sound`(name: String) throws {
    let bytes = TargetLibrary.builtInBytes(name)
    do {
      let target = try TargetLibrary.decode(
        bytes,
        path: name,
        knownNames: Vocabulary.knownNames
      )
      #expect(target.name == name)
      for borrowed in target.operators.borrowed {
        let other = try TargetLibrary().target(named: borrowed.target)
        // One step only: nobody borrows from a borrower.
        #expect(other.operators.borrowed.isEmpty)
        #expect(other.operators.format == borrowed.format)
      }
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func `a file of the user's takes the place of a built-in one`() throws {
    let text = RuleText.target().replacing("\"npu\"", with: "\"tflite-micro\"")
    let file = TargetLibrary.File(
      name: "tflite-micro",
      path: "mine/tflite-micro.json5",
      bytes: ByteSource(Array(text.utf8)).bytes
    )
    let library = TargetLibrary(adding: [file])
    #expect(library.names == TargetLibrary().names)
    #expect(try library.target(named: "tflite-micro").title == "An NPU")
  }

  @Test func `a file must bear its target's name`() {
    let file = TargetLibrary.File(
      name: "other",
      path: "other.json5",
      bytes: ByteSource(Array(RuleText.target().utf8)).bytes
    )
    #expect(throws: TargetLibrary.Failure.self) {
      try TargetLibrary(adding: [file]).target(named: "other")
    }
  }

  @Test func `a misspelt name is met with the nearest`() {
    do {
      _ = try TargetLibrary().target(named: "tflite-mirco")
      Issue.record("there is no such target")
    } catch .unknown(_, let nearest) {
      #expect(nearest == "tflite-micro")
    } catch {
      Issue.record("\(error)")
    }
  }
}
