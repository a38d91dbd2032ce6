import ByteIO
import Calibration
import Testing

@Suite struct PictureTests {
  struct Decoded: Decodable {
    var sizes: [Int]
    var samples: [UInt8]
  }

  struct Resized: Decodable {
    var sizes: [Int]
    var target: [Int]
    var samples: [UInt8]
    var bilinear: [Float]
    var nearest: [Float]
    var center: [Float]
  }

  /// TensorFlow decodes with other releases of the same libraries: JPEG samples may differ by one step,
  /// and it makes colours grey by other weights in PNG files, which is not compared.
  @Test func `pictures are decoded as TensorFlow decodes them`() throws {
    let expected = try CalibrationFixtures.decode("pictures.json", as: [String: Decoded].self)
    #expect(expected.count == 16)
    for (key, decoded) in expected.sorted(by: { $0.key < $1.key }) {
      let name = String(key.dropLast(2))
      let channels = decoded.sizes[2]
      if name.hasSuffix(".png"), channels == 1, name != "grey.png", name != "deep.png" { continue }
      let picture = try Picture(try CalibrationFixtures.bytes(name), channels: channels)
      #expect([picture.height, picture.width, picture.channels] == decoded.sizes, "\(key)")
      let most = zip(picture.samples, decoded.samples).map { abs(Int($0) - Int($1)) }.max() ?? 255
      #expect(
        picture.samples.count == decoded.samples.count && most <= (name.hasSuffix("png") ? 0 : 1)
      )
    }
  }

  /// ITU-R BT.601, computed here from the colours.
  @Test func `colours become grey by their weights`() throws {
    let bytes = try CalibrationFixtures.bytes("colour.png")
    let colour = try Picture(bytes, channels: 3)
    let grey = try Picture(bytes, channels: 1)
    for pixel in 0..<grey.samples.count {
      let (r, g, b) = (
        Double(colour.samples[3 * pixel]), Double(colour.samples[3 * pixel + 1]),
        Double(colour.samples[3 * pixel + 2])
      )
      let expected = 0.299 * r + 0.587 * g + 0.114 * b
      #expect(abs(Double(grey.samples[pixel]) - expected) <= 1)
    }
  }

  /// `tf.image.resize` and Keras' `smart_resize`: float32, 10⁻⁵ of the range of a byte.
  @Test func `resizing equals TensorFlow's`() throws {
    let cases = try CalibrationFixtures.decode("resize.json", as: [Resized].self)
    #expect(cases.count == 6)
    for test in cases {
      let raster = Raster(
        Picture(
          width: test.sizes[1],
          height: test.sizes[0],
          channels: test.sizes[2],
          samples: test.samples
        )
      )
      let (height, width) = (test.target[0], test.target[1])
      let nearest = raster.resizedToNearest(width: width, height: height)
      #expect(nearest.values == test.nearest)
      let bilinear = raster.resizedBilinearly(width: width, height: height)
      #expect(distance(bilinear.values, test.bilinear) < 0.003)
      let center = raster.croppedToCenter(width: width, height: height)
        .resizedBilinearly(width: width, height: height)
      #expect(distance(center.values, test.center) < 0.003, "\(test.sizes) to \(test.target)")
    }
  }

  private func distance(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { ($0 - $1).magnitude }.max() ?? 0
  }

  @Test(arguments: ["colour.png", "colour.jpg", "progressive.jpg", "palette.png"])
  func `no beginning of a picture is a picture`(name: String) throws {
    let whole = try CalibrationFixtures.bytes(name).array
    // The end-of-image marker and the last chunk's checksum are not needed to draw.
    for count in stride(from: 0, to: whole.count - 40, by: 7) {
      #expect(throws: ReadError.self) {
        try Picture(ByteSource(Array(whole.prefix(count))).bytes, channels: 3)
      }
    }
  }

  @Test(arguments: ["colour.png", "colour.jpg", "progressive.jpg"])
  func `changed bytes give a picture or an error`(name: String) throws {
    let whole = try CalibrationFixtures.bytes(name).array
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<3 {
        let place = Int(generator.next() % UInt64(bytes.count))
        bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      }
      let limits = Picture.Limits(pixels: 10_000)
      do throws(ReadError) {
        let picture = try Picture(ByteSource(bytes).bytes, channels: 3, limits: limits)
        #expect(picture.samples.count == picture.width * picture.height * 3)
      } catch {
        #expect([.dataInvalid, .limitExceeded].contains(error.code))
      }
    }
  }

  @Test func `a picture that claims too many pixels is refused before memory is taken`() throws {
    var bytes = try CalibrationFixtures.bytes("colour.png").array
    // IHDR's extents, then its checksum: 60000 × 60000.
    let extents: [UInt8] = [0, 0, 0xEA, 0x60]
    bytes.replaceSubrange(16..<24, with: extents + extents)
    var checksum: UInt32 = ~0
    for byte in bytes[12..<29] {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
    }
    checksum = ~checksum
    bytes.replaceSubrange(
      29..<33,
      with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * $0)) }
    )
    do throws(ReadError) {
      _ = try Picture(ByteSource(bytes).bytes, channels: 3)
      Issue.record("a picture of 60000 × 60000 pixels was decoded")
    } catch {
      #expect(error.code == .limitExceeded)
      #expect(error.message.contains("60000 × 60000"))
    }
  }

  @Test func `CMYK is refused`() throws {
    let bytes = try CalibrationFixtures.bytes("cmyk.jpg")
    do throws(ReadError) {
      _ = try Picture(bytes, channels: 3)
      Issue.record("CMYK colours were decoded")
    } catch {
      #expect(error.message.contains("CMYK"))
    }
  }
}
