import Kernels
import ModelIR

/// Moves the channels of a channels-first tensor to the end and back.
enum Relayout {
  /// The images, channels and pixels of extents `[batch, channels, …]`; `nil` where both orders are
  /// the same.
  static func extents(_ sizes: [Int]) -> (batch: Int, channels: Int, pixels: Int)? {
    guard sizes.count >= 3, let pixels = checkedProduct(sizes[2...]), sizes[1] > 1, pixels > 1
    else { return nil }
    return (sizes[0], sizes[1], pixels)
  }

  /// Bytes of a tensor whose elements have `width` bytes, rounded up to whole vectors.
  static func byteCount(_ sizes: [Int], width: Int) -> Int {
    ((checkedProduct(sizes) ?? 0) * width + 63) / 64 * 64
  }

  /// Copies a tensor whose extents, channels first, are `sizes` into the other order.
  static func move(
    _ sizes: [Int],
    width: Int,
    toChannelsLast: Bool,
    _ input: UnsafeRawPointer,
    _ output: UnsafeMutableRawPointer
  ) {
    guard let extents = extents(sizes) else {
      output.copyMemory(from: input, byteCount: (checkedProduct(sizes) ?? 0) * width)
      return
    }
    Layout.transpose(
      input,
      to: output,
      count: extents.batch,
      rows: toChannelsLast ? extents.channels : extents.pixels,
      columns: toChannelsLast ? extents.pixels : extents.channels,
      elementByteCount: width
    )
  }
}
