import ByteIO

/// Something that takes bytes from strangers, and what must hold of it for all of them.
///
/// The fuzzer feeds it; the tests replay the seeds and every finding.
package struct FuzzTarget: Sendable {
  /// The name on the command line, of the seeds' folder and of the dictionary.
  package let name: String
  /// Takes the bytes.
  ///
  /// An error of the reader itself is an answer; `BrokenPromise` is a defect.
  package let run: @Sendable (Bytes) throws -> Void

  package init(_ name: String, _ run: @escaping @Sendable (Bytes) throws -> Void) {
    self.name = name
    self.run = run
  }

  /// Takes the bytes; errors of readers are what bad bytes should give.
  ///
  /// - Throws: `BrokenPromise` alone.
  package func check(_ bytes: [UInt8]) throws(BrokenPromise) {
    do {
      try run(ByteSource(bytes, name: "fuzz").bytes)
    } catch let broken as BrokenPromise {
      throw broken
    } catch {
      // A clean refusal.
    }
  }
}

/// A promise that some bytes broke.
package struct BrokenPromise: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Checks a promise.
package func promise(_ holds: Bool, _ what: @autoclosure () -> String) throws {
  guard !holds else { return }
  throw BrokenPromise(what())
}
