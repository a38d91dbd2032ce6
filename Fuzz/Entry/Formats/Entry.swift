import FuzzFormats
import FuzzSupport

private let target = FuzzEntry.chosen(FuzzFormats.targets)

/// The function that libFuzzer looks for; its `main` is libFuzzer's own.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  FuzzEntry.run(target, data, size)
}
