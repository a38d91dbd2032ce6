import ByteIO
import Calibration
import Foundation
import ModelIR
import Operators
import TestSupport
import Testing
import WireFormats

@Suite struct SampleSetTests {
  private let form = CalibrationFixtures.form([nil, 2, 3])

  private func floats(_ tensor: Tensor) -> [Float] {
    if case .floats(let values) = tensor.elements { values } else { [] }
  }

  @Test(arguments: ["small.npz", "compressed.npz", "small.npy"])
  func `rows of an array are samples`(name: String) throws {
    let samples = try SampleSet(path: CalibrationFixtures.path(name), forms: [form])
    #expect(samples.count == 4)
    #expect(samples.preprocessingOrigin == .none)
    let third = try samples.sample(2)[0]
    #expect(third.sizes == [1, 2, 3])
    #expect(floats(third) == (12..<18).map { Float($0) / 10 })
    let labels: [Int]? =
      switch name {
      case "small.npz": [2, 0, 1, 2]
      case "compressed.npz": [1, 1, 0, 0]
      default: nil
      }
    #expect(samples.labels == labels)
  }

  @Test func `folders of arrays, text labels, chosen samples`() throws {
    let folder = try TemporaryDirectory()
    for index in 0..<6 {
      let array = NPYArray(
        type: "f4",
        sizes: [2, 3],
        elements: ByteSource(
          (0..<6).flatMap { value in
            withUnsafeBytes(of: Float(index * 10 + value).bitPattern.littleEndian) { Array($0) }
          }
        ).bytes
      )
      try folder.write(array.serialized(), to: "sample\(index).npy")
    }
    let labels = folder.path + "/labels.txt"
    try "5\n4\n3\n2\n1\n0\n".write(toFile: labels, atomically: true, encoding: .utf8)
    let samples = try SampleSet(
      path: folder.path,
      forms: [form],
      options: SampleSet.Options(labels: labels)
    )
    #expect(samples.count == 6)
    #expect(samples.labels == [5, 4, 3, 2, 1, 0])
    #expect(floats(try samples.sample(4)[0]).first == 40)
    #expect(samples.choosing(2).order == [0, 1])
    let chosen = samples.choosing(3, seed: 9)
    #expect(chosen.count == 3 && chosen.seed == 9)
    #expect(chosen.order == chosen.order.sorted() && Set(chosen.order).count == 3)
    #expect(samples.choosing(3, seed: 9).order == chosen.order)
    #expect(chosen.labels == chosen.order.map { 5 - $0 })
    #expect(try chosen.digest() != samples.digest())
    #expect(throws: ReadError.self) { try samples.checkLabels(classCount: 5) }
    try samples.checkLabels(classCount: 6)
  }

  @Test func `class folders give labels by their sorted names`() throws {
    let folder = try TemporaryDirectory()
    let picture = try CalibrationFixtures.bytes("colour.png").array
    for (name, file) in [("zebra", "a.png"), ("ant", "b.PNG"), ("ant", "a.png")] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/" + name,
        withIntermediateDirectories: true
      )
      try folder.write(picture, to: name + "/" + file)
    }
    let image = CalibrationFixtures.form([1, 11, 13, 3])
    let options = SampleSet.Options(preprocessing: try Preprocessing("scale=1/255"))
    let samples = try SampleSet(path: folder.path, forms: [image], options: options)
    #expect(samples.labels == [0, 0, 1])
    #expect(samples.classNames == ["ant", "zebra"])
    #expect(samples.preprocessing == "scale=1/255,resize=bilinear")
    let decoded = try Picture(ByteSource(picture).bytes, channels: 3)
    #expect(floats(try samples.sample(1)[0]) == decoded.samples.map { Float($0) / 255 })
    // Channels first, blue first.
    var first = options
    first.preprocessing = try Preprocessing("channels=bgr")
    let planes = try SampleSet(
      path: folder.path,
      forms: [CalibrationFixtures.form([1, 3, 11, 13])],
      options: first
    )
    let values = floats(try planes.sample(0)[0])
    #expect(values[0] == Float(decoded.samples[2]))
    #expect(values[143 + 1] == Float(decoded.samples[4]))
  }

  @Test func `real numbers are quantized for integer inputs when preprocessing is stated`() throws {
    let integer = CalibrationFixtures.form([nil, 2, 3], type: .int8)
    let path = CalibrationFixtures.path("small.npy")
    #expect(CalibrationFixtures.failure(path, integer)?.code == .dataInvalid)
    let options = SampleSet.Options(preprocessing: try Preprocessing("scale=1"))
    let samples = try SampleSet(path: path, forms: [integer], options: options)
    // 1.2 / 0.5 = 2.4 → 2, + 3 = 5; 1.7 / 0.5 = 3.4 → 3, + 3 = 6 (by hand).
    #expect(try samples.sample(2)[0].integerValues == [5, 6, 6, 6, 6, 6])
  }

  @Test func `the model's metadata says how numbers are scaled`() throws {
    let metadata = [
      MetadataEntry("input[0].mean", "127.5"), MetadataEntry("input[0].std", "127.5"),
    ]
    let folder = try TemporaryDirectory()
    try folder.write(
      NPYArray(type: "u1", sizes: [2, 3], elements: ByteSource([0, 255, 51, 0, 0, 0]).bytes)
        .serialized(),
      to: "x.npy"
    )
    let small = CalibrationFixtures.form([1, 3])
    let path = folder.path + "/x.npy"
    let samples = try SampleSet(path: path, forms: [small], metadata: metadata)
    #expect(samples.preprocessingOrigin == .metadata)
    #expect(samples.preprocessing == "scale=1/127.5,offset=-1")
    let found = floats(try samples.sample(0)[0])
    #expect(zip(found, [-1, 1, -0.6]).allSatisfy { abs($0 - $1) < 1e-6 } && found.count == 3)
    // Bytes for a float input, and nobody says how: no guess.
    let failure = CalibrationFixtures.failure(path, small)
    #expect(failure?.message.contains("uint8") == true && failure?.hint != nil)
  }

  @Test(arguments: [
    "scale=1/127.5,offset=-1,resize=bilinear,crop=center,channels=rgb", "scale=2:3:4",
    "offset=-0.485:-0.456:-0.406", "resize=nearest", "",
  ])
  func `preprocessing is written as it is read`(text: String) throws {
    let options = text.isEmpty ? Preprocessing() : try Preprocessing(text)
    #expect(options.text == text)
  }

  @Test func `preprocessing is read from JSON5`() throws {
    let text = "{ scale: '1/127.5', offset: [-1, 0, 1], crop: \"center\", resize: 'nearest' }"
    let options = try Preprocessing(json5: ByteSource(Array(text.utf8)).bytes)
    #expect(options.text == "scale=1/127.5,offset=-1:0:1,resize=nearest,crop=center")
    for bad in ["{ scael: 1 }", "{ resize: 'cubic' }", "[1]", "{ scale: '1/0' }"] {
      #expect(throws: ReadError.self) {
        try Preprocessing(json5: ByteSource(Array(bad.utf8)).bytes)
      }
    }
  }

  @Test(arguments: ["scale", "scale=x", "scale=1/0", "size=3", "scale=1,scale=2", "crop=left", ","])
  func `preprocessing that means nothing is refused`(text: String) {
    do throws(ReadError) {
      _ = try Preprocessing(text)
      Issue.record("\(text) was read")
    } catch {
      #expect(error.code == .usage)
    }
  }

  @Test func `bad data names the file and the row`() throws {
    let folder = try TemporaryDirectory()
    let nan = CalibrationFixtures.failure(CalibrationFixtures.path("nan.npy"), form)
    #expect(nan?.path == "row 2" && nan?.file?.hasSuffix("nan.npy") == true)
    #expect(nan?.message == "element 3 is NaN")
    let shape = CalibrationFixtures.failure(
      CalibrationFixtures.path("small.npy"),
      CalibrationFixtures.form([1, 4, 4])
    )
    #expect(shape?.code == .dataInvalid && shape?.message.contains("1×4×4") == true)
    try folder.write(Array("1\nx\n".utf8), to: "bad.txt")
    let label = CalibrationFixtures.failure(
      CalibrationFixtures.path("small.npy"),
      form,
      SampleSet.Options(labels: folder.path + "/bad.txt")
    )
    #expect(label?.path == "line 2")
    try folder.write(Array("1\n2\n".utf8), to: "short.txt")
    let short = CalibrationFixtures.failure(
      CalibrationFixtures.path("small.npy"),
      form,
      SampleSet.Options(labels: folder.path + "/short.txt")
    )
    #expect(short?.message == "there are 2 labels for 4 samples")
    try folder.write(
      NPYArray(type: "f4", sizes: [0, 2, 3], elements: ByteSource([]).bytes).serialized(),
      to: "none.npy"
    )
    let none = CalibrationFixtures.failure(folder.path + "/none.npy", form)
    #expect(none?.message == "there are no samples")
    let empty = try TemporaryDirectory()
    #expect(CalibrationFixtures.failure(empty.path, form)?.code == .dataInvalid)
    #expect(CalibrationFixtures.failure(empty.path + "/missing.npy", form)?.code == .ioRead)
    try folder.write(Array("no array".utf8), to: "text.npy")
    let text = CalibrationFixtures.failure(folder.path + "/text.npy", form)
    #expect(text?.code == .dataInvalid && text?.file?.hasSuffix("text.npy") == true)
  }

  @Test func `every beginning of an archive is refused`() throws {
    let whole = try CalibrationFixtures.bytes("compressed.npz").array
    let folder = try TemporaryDirectory()
    for count in stride(from: 0, to: whole.count, by: 11) {
      try folder.write(Array(whole.prefix(count)), to: "part.npz")
      let failure = CalibrationFixtures.failure(folder.path + "/part.npz", form)
      #expect(failure?.code == .dataInvalid, "\(count) bytes")
    }
  }
}
