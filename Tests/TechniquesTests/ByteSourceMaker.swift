import ByteIO

/// Constants of models that tests make.
enum ByteSourceMaker {
  /// The packed bytes of float32 numbers.
  static func bytes(_ values: [Float]) -> Bytes {
    ByteSource(
      values.flatMap { value in
        withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
      }
    ).bytes
  }
}
