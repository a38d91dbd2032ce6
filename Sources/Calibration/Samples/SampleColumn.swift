import ByteIO
import Execution
import ModelIR
import Operators
import WireFormats

/// The samples of one input, read one by one.
struct SampleColumn: Sendable {
  /// Where samples are.
  enum Source: Sendable {
    /// Rows of an array that is in memory or mapped.
    case rows(NPYArray, name: String)
    /// One `.npy` file each.
    case arrays([String])
    /// One picture each.
    case pictures([String])
  }

  var form: InputForm
  var source: Source
  /// The file or folder, for messages.
  var path: String
  var preprocessing: Preprocessing
  /// Whether stored elements are real numbers to be brought into the input's type, or its own.
  var convertsTypes: Bool
  var limits: Picture.Limits

  /// The number of samples.
  ///
  /// - Throws: `DATA_INVALID` where an array's rows do not fit the input.
  func count() throws(ReadError) -> Int {
    switch source {
    case .arrays(let files), .pictures(let files): return files.count
    case .rows(let array, let name): return try rows(of: array, name).count
    }
  }

  /// One sample as the model takes it.
  func sample(_ index: Int) throws(ReadError) -> Tensor {
    switch source {
    case .pictures(let files):
      return try placed(files[index], row: nil) { () throws(ReadError) in
        try picture(try mapped(files[index]).bytes)
      }
    case .arrays(let files):
      return try placed(files[index], row: nil) { () throws(ReadError) in
        let array = try Self.array(try mapped(files[index]).bytes)
        let layout = try single(array)
        return try tensor(array.type, array.elements, layout)
      }
    case .rows(let array, let name):
      return try placed(path, row: index) { () throws(ReadError) in
        let layout = try rows(of: array, name)
        let elements = try array.elements.slice(
          at: index * layout.byteCount,
          count: layout.byteCount
        )
        defer { if layout.byteCount >= 1 << 16 { elements.release() } }
        return try tensor(array.type, elements, (layout.stored, layout.sizes))
      }
    }
  }

  /// Errors leave with the file, and the row where there is one.
  private func placed(
    _ file: String,
    row: Int?,
    _ body: () throws(ReadError) -> Tensor
  ) throws(ReadError) -> Tensor {
    do throws(ReadError) {
      return try body()
    } catch {
      var error = row.map { error.inside("row \($0)") } ?? error
      if error.file == nil { error.file = file }
      if [.modelInvalid, .modelTruncated, .modelUnsupported].contains(error.code) {
        error.code = .dataInvalid
      }
      throw error
    }
  }

  private func mapped(_ file: String) throws(ReadError) -> ByteSource {
    try ByteSource.mapping(path: file)
  }

  static func array(_ bytes: Bytes) throws(ReadError) -> NPYArray {
    do throws(ReadError) {
      return try NPYArray(bytes)
    } catch {
      var error = error
      error.code = .dataInvalid
      throw error
    }
  }

  // MARK: - Shapes

  /// How an array is cut.
  struct Rows {
    var count: Int
    /// Extents of a sample as it is stored.
    var stored: [Int]
    /// Extents of a sample as the model takes it.
    var sizes: [Int]
    var byteCount: Int
  }

  private func rows(of array: NPYArray, _ name: String) throws(ReadError) -> Rows {
    let given = array.sizes
    let label = name.isEmpty ? "the array" : "array \"\(name)\""
    guard let total = checkedProduct(given), let lead = given.first else {
      throw ReadError(.dataInvalid, "\(label) has no axis of samples", file: path)
    }
    func result(_ count: Int, _ stored: [Int], _ sizes: [Int]) -> Rows {
      let bytes = total == 0 ? 0 : array.elements.count / max(count, 1)
      return Rows(count: count, stored: stored, sizes: sizes, byteCount: bytes)
    }
    let rest = Array(given.dropFirst())
    if given.count == form.sizes.count, let sizes = fitted(rest, Array(form.sizes.dropFirst())) {
      let rows = form.rows
      guard rows > 0, lead % rows == 0 else {
        throw ReadError(
          .dataInvalid,
          "\(label) has \(lead) rows, input \"\(form.name)\" takes \(rows) at a time",
          file: path
        )
      }
      return result(lead / rows, [rows] + rest, [rows] + sizes)
    }
    if given.count == form.sizes.count + 1, let sizes = fitted(rest, form.sizes) {
      return result(lead, rest, sizes)
    }
    // An axis of one element may be left out on either side: 28×28 for 28×28×1.
    if form.rows == 1, let sizes = withoutOnes(rest, Array(form.sizes.dropFirst())) {
      return result(lead, [1] + sizes, [1] + sizes)
    }
    throw ReadError(
      .dataInvalid,
      "\(label) is \(Shape.fixed(given)), input \"\(form.name)\" takes \(form.shapeText)",
      hint: "samples are the rows of axis 0",
      file: path
    )
  }

  /// A file that is one sample, with or without the axis of the batch.
  private func single(_ array: NPYArray) throws(ReadError) -> (stored: [Int], sizes: [Int]) {
    if array.sizes.count == form.sizes.count, let sizes = fitted(array.sizes, form.sizes) {
      return (array.sizes, sizes)
    }
    let inner = Array(form.sizes.dropFirst())
    if form.rows == 1, array.sizes.count == inner.count, let sizes = fitted(array.sizes, inner) {
      return ([1] + array.sizes, [1] + sizes)
    }
    if form.rows == 1, let sizes = withoutOnes(array.sizes, inner) {
      return ([1] + sizes, [1] + sizes)
    }
    throw ReadError(
      .dataInvalid,
      "the array is \(Shape.fixed(array.sizes)), input \"\(form.name)\" takes \(form.shapeText)"
    )
  }

  /// The extents that the model takes for stored ones; `nil` where they do not fit, even by resizing.
  private func fitted(_ given: [Int], _ wanted: [Int?]) -> [Int]? {
    guard given.count == wanted.count else { return nil }
    if zip(given, wanted).allSatisfy({ $1 == nil || $0 == $1 }) { return given }
    // Images of other extents are resized where that is asked for.
    guard preprocessing.resize != nil || preprocessing.crop == .center, wanted.count >= 3,
      let image = form.imageSizes
    else { return nil }
    let channels = form.isChannelsLast ? given[given.count - 1] : given[given.count - 3]
    guard channels == image.channels, !given.contains(0) else { return nil }
    let known = wanted.compactMap { $0 }
    return known.count == wanted.count ? known : nil
  }

  private func withoutOnes(_ given: [Int], _ wanted: [Int?]) -> [Int]? {
    let sizes = wanted.compactMap { $0 }
    guard sizes.count == wanted.count else { return nil }
    return given.filter { $0 != 1 } == sizes.filter { $0 != 1 } ? sizes : nil
  }

  // MARK: - Elements

  private func tensor(
    _ typeName: String,
    _ elements: Bytes,
    _ layout: (stored: [Int], sizes: [Int])
  ) throws(ReadError) -> Tensor {
    let array = NPYArray(type: typeName, sizes: layout.stored, elements: elements)
    guard let stored = Tensor(array) else {
      throw ReadError(.dataInvalid, "elements of type \"\(typeName)\" are no numbers")
    }
    try checkFinite(stored)
    guard convertsTypes else {
      guard stored.type == form.type else {
        throw ReadError(
          .dataInvalid,
          "elements are \(stored.type.rawValue), input \"\(form.name)\" takes \(form.type.rawValue)",
          hint: "--preprocess says how numbers become the input's; scale=1 takes them as they are"
        )
      }
      return stored.reshaped(to: layout.sizes)
    }
    guard let numbers = stored.doubleValues else {
      throw ReadError(.dataInvalid, "elements of type \"\(typeName)\" are no numbers")
    }
    var values = numbers.map { Float($0) }
    if layout.stored != layout.sizes { values = try resized(values, layout.stored) }
    return try finished(values, layout.sizes)
  }

  /// Resizes the images of a sample.
  private func resized(_ values: [Float], _ stored: [Int]) throws(ReadError) -> [Float] {
    guard let target = form.imageSizes, stored.count >= 3 else {
      throw ReadError(.dataInvalid, "input \"\(form.name)\" takes no images to resize to")
    }
    let tail = Array(stored.suffix(3))
    let (height, width) = form.isChannelsLast ? (tail[0], tail[1]) : (tail[1], tail[2])
    let size = tail.reduce(1, *)
    var result: [Float] = []
    for start in stride(from: 0, to: values.count, by: size) {
      var image = Array(values[start..<start + size])
      if !form.isChannelsLast {
        image = Self.transposed(image, rows: target.channels, columns: height * width)
      }
      let raster = Raster(width: width, height: height, channels: target.channels, values: image)
      let fitted = fit(raster, target).values
      result +=
        form.isChannelsLast
        ? fitted
        : Self.transposed(fitted, rows: target.height * target.width, columns: target.channels)
    }
    return result
  }

  private func fit(
    _ raster: Raster,
    _ target: (height: Int, width: Int, channels: Int)
  ) -> Raster {
    var raster = raster
    if preprocessing.crop == .center {
      raster = raster.croppedToCenter(width: target.width, height: target.height)
    }
    switch preprocessing.resize ?? .bilinear {
    case .bilinear:
      return raster.resizedBilinearly(width: target.width, height: target.height)
    case .nearest:
      return raster.resizedToNearest(width: target.width, height: target.height)
    }
  }

  private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows {
      for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
    }
    return result
  }

  private func picture(_ bytes: Bytes) throws(ReadError) -> Tensor {
    guard let target = form.imageSizes, form.rows == 1 else {
      throw ReadError(
        .dataInvalid,
        "input \"\(form.name)\" takes \(form.shapeText), which is no picture of 1 or 3 channels",
        hint: "open extents are stated by --shape"
      )
    }
    let order = preprocessing.channels ?? (target.channels == 1 ? .gray : .rgb)
    guard (order == .gray) == (target.channels == 1) else {
      throw ReadError(
        .usage,
        "channels=\(order.rawValue) does not give the \(target.channels) channels of input"
          + " \"\(form.name)\""
      )
    }
    var raster = fit(
      Raster(try Picture(bytes, channels: target.channels, limits: limits)),
      target
    )
    if order == .bgr {
      for pixel in stride(from: 0, to: raster.values.count, by: 3) {
        raster.values.swapAt(pixel, pixel + 2)
      }
    }
    let values =
      form.isChannelsLast
      ? raster.values
      : Self.transposed(
        raster.values,
        rows: target.height * target.width,
        columns: target.channels
      )
    return try finished(values, form.sizes.map { $0 ?? 1 })
  }

  /// Scales real numbers and brings them into the input's type.
  private func finished(_ values: [Float], _ sizes: [Int]) throws(ReadError) -> Tensor {
    var values = values
    let axis = form.channelAxis(sizes)
    try preprocessing.scale(&values, channels: axis.channels, inner: axis.inner)
    guard values.allSatisfy(\.isFinite) else {
      throw ReadError(.dataInvalid, "preprocessing makes numbers that are not finite")
    }
    return try form.tensor(values, sizes)
  }

  private func checkFinite(_ tensor: Tensor) throws(ReadError) {
    let place: Int?
    switch tensor.elements {
    case .floats(let values): place = values.firstIndex { !$0.isFinite }
    case .doubles(let values): place = values.firstIndex { !$0.isFinite }
    default: place = nil
    }
    guard let place else { return }
    let kind: String
    switch tensor.elements {
    case .floats(let values): kind = values[place].isNaN ? "NaN" : "infinite"
    case .doubles(let values): kind = values[place].isNaN ? "NaN" : "infinite"
    default: kind = "no number"
    }
    throw ReadError(.dataInvalid, "element \(place) is \(kind)")
  }
}
