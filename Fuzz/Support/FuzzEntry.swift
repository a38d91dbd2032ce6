import ByteIO

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What libFuzzer calls.
package enum FuzzEntry {
  /// The target that the variable `FUZZ_TARGET` names; the program ends where there is none.
  package static func chosen(_ targets: [FuzzTarget]) -> FuzzTarget {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    if let target = targets.first(where: { $0.name == name }) { return target }
    let names = targets.map(\.name).joined(separator: " ")
    try? FileOutput.write(Array("FUZZ_TARGET is one of: \(names)\n".utf8), to: STDERR_FILENO)
    exit(2)
  }

  /// Runs one input; a broken promise ends the program, so that the fuzzer keeps the input.
  package static func run(_ target: FuzzTarget, _ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32
  {
    let bytes = Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : size))
    do throws(BrokenPromise) {
      try target.check(bytes)
    } catch {
      fatalError("promise broken: \(error.description)")
    }
    return 0
  }
}
