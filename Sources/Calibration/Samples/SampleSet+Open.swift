import ByteIO
import Execution
import ModelIR
import WireFormats

extension SampleSet {
  /// Opens calibration data in any of its forms: an `.npz` by input names, an `.npy`, a folder of
  /// `.npy` files, a folder of pictures, or a folder of one folder a class.
  ///
  /// - Parameters:
  ///   - path: The file or folder.
  ///   - forms: What the model takes.
  ///   - metadata: What the model says of itself; its normalisation is the default.
  ///   - options: Labels, preprocessing, limits.
  /// - Throws: `DATA_INVALID` where nothing there fits the inputs.
  package init(
    path: String,
    forms: [InputForm],
    metadata: [MetadataEntry] = [],
    options: Options = Options()
  ) throws(ReadError) {
    guard !forms.isEmpty else { throw Self.invalid("the model has no input", path) }
    var parts = Parts(path: path, forms: forms, metadata: metadata, options: options)
    if FolderListing.isFolder(path) {
      try parts.readFolder()
    } else {
      try parts.readFile()
    }
    if let labels = options.labels { parts.labels = try LabelFile.read(labels) }
    var count: Int?
    for column in parts.columns {
      let found = try column.count()
      guard count == nil || count == found else {
        throw Self.invalid(
          "input \"\(column.form.name)\" has \(found) samples, another one \(count ?? 0)",
          path
        )
      }
      count = found
    }
    guard let count, count > 0 else { throw Self.invalid("there are no samples", path) }
    if let labels = parts.labels {
      guard labels.count == count else {
        throw Self.invalid(
          "there are \(labels.count) labels for \(count) samples",
          options.labels ?? path
        )
      }
      if let place = labels.firstIndex(where: { $0 < 0 }) {
        throw Self.invalid("label \(labels[place]) of sample \(place)", options.labels ?? path)
      }
    }
    let texts = parts.columns.map(\.preprocessing.text)
    self.init(
      path: path,
      columns: parts.columns,
      count: count,
      labels: parts.labels,
      classNames: parts.classNames,
      preprocessing: Set(texts).count == 1 ? texts[0] : texts.joined(separator: ";"),
      origin: parts.origin
    )
  }

  fileprivate static func invalid(
    _ message: String,
    _ path: String,
    hint: String? = nil
  ) -> ReadError {
    ReadError(.dataInvalid, message, hint: hint, file: path)
  }
}

/// What was found so far.
private struct Parts {
  var path: String
  var forms: [InputForm]
  var metadata: [MetadataEntry]
  var options: SampleSet.Options
  var columns: [SampleColumn] = []
  var labels: [Int]?
  var classNames: [String]?
  var origin = SampleSet.PreprocessingOrigin.none

  /// Names of an archive's array of labels.
  private static let labelNames = ["labels", "y"]

  mutating func readFile() throws(ReadError) {
    let source: ByteSource
    do throws(ReadError) {
      source = try ByteSource.mapping(path: path)
    } catch {
      var error = error
      error.file = path
      throw error
    }
    var entries: [(name: String, array: NPYArray)] = []
    do throws(ReadError) {
      if ZIPArchive.probe(source.bytes) {
        for member in try ZIPArchive(source.bytes).members where member.name.hasSuffix(".npy") {
          let name = String(member.name.dropLast(4))
          let content = try member.verifiedContent(limit: options.limits.inflatedBytes)
          entries.append(
            (name, try located(name) { () throws(ReadError) in try NPYArray(content) })
          )
        }
      } else {
        entries = [("", try NPYArray(source.bytes))]
      }
    } catch {
      var error = error
      if [.modelInvalid, .modelTruncated, .modelUnsupported].contains(error.code) {
        error.code = .dataInvalid
      }
      error.file = path
      throw error
    }
    let labelled = forms.flatMap(\.names)
    if let place = entries.firstIndex(where: { entry in
      Self.labelNames.contains(entry.name) && !labelled.contains(entry.name)
    }) {
      let entry = entries.remove(at: place)
      if options.labels == nil { labels = try LabelFile.integers(entry.array, path) }
    }
    for (index, form) in forms.enumerated() {
      var found: (name: String, array: NPYArray)?
      for name in form.names where found == nil { found = entries.first { $0.name == name } }
      if found == nil, forms.count == 1, entries.count == 1 { found = entries[0] }
      guard let found else {
        let wanted = form.names.map { "\"\($0)\"" }.joined(separator: " or ")
        let given = entries.map { "\"\($0.name)\"" }.joined(separator: ", ")
        throw SampleSet.invalid(
          "no array \(wanted) for the input of \(form.type.rawValue) \(form.shapeText)",
          path,
          hint: given.isEmpty ? "there are no arrays" : "there is \(given)"
        )
      }
      append(form, index, .rows(found.array, name: found.name), ownType: found.array.type)
    }
  }

  mutating func readFolder() throws(ReadError) {
    guard forms.count == 1 else {
      throw SampleSet.invalid(
        "a folder holds samples of one input, the model takes \(forms.count)",
        path,
        hint: "an .npz holds several, by the names of the inputs"
      )
    }
    let listing = try FolderListing(path: path)
    let arrays = listing.files.filter { $0.lowercased().hasSuffix(".npy") }
    let pictures = listing.files.filter(Picture.isPictureName)
    guard arrays.isEmpty || pictures.isEmpty else {
      throw SampleSet.invalid("the folder holds both arrays and pictures", path)
    }
    if !arrays.isEmpty {
      let files = arrays.map { path + "/" + $0 }
      let first = try SampleColumn.array(try ByteSource.mapping(path: files[0]).bytes)
      append(forms[0], 0, .arrays(files), ownType: first.type)
      return
    }
    var files = pictures.map { path + "/" + $0 }
    if files.isEmpty {
      var classes: [Int] = []
      for (label, folder) in listing.folders.enumerated() {
        let inside = try FolderListing(path: path + "/" + folder).files
          .filter(Picture.isPictureName)
        files += inside.map { path + "/" + folder + "/" + $0 }
        classes += Array(repeating: label, count: inside.count)
      }
      labels = classes
      classNames = listing.folders
    }
    guard !files.isEmpty else {
      throw SampleSet.invalid(
        "the folder holds no samples",
        path,
        hint: ".npy, .png, .jpg and .jpeg files are read, the pictures also in a folder a class"
      )
    }
    append(forms[0], 0, .pictures(files), ownType: nil)
  }

  /// Adds the samples of an input.
  ///
  /// Arrays of the input's own type are taken as they are unless the user states preprocessing; all
  /// other numbers are real numbers that preprocessing brings to what the model takes.
  private mutating func append(
    _ form: InputForm,
    _ index: Int,
    _ source: SampleColumn.Source,
    ownType: String?
  ) {
    let hasOwnType = ownType.map { NPYTypes.element($0) == form.type } ?? false
    var preprocessing = Preprocessing()
    var converts = ownType == nil
    if let stated = options.preprocessing {
      preprocessing = stated
      converts = true
      origin = .stated
    } else if !hasOwnType, let stated = Preprocessing(metadata: metadata, input: index) {
      preprocessing = stated
      converts = true
      origin = .metadata
    }
    if ownType == nil, preprocessing.resize == nil { preprocessing.resize = .bilinear }
    columns.append(
      SampleColumn(
        form: form,
        source: source,
        path: path,
        preprocessing: preprocessing,
        convertsTypes: converts,
        limits: options.limits.picture
      )
    )
  }
}

/// NumPy's names of element types.
enum NPYTypes {
  /// The element type that a NumPy type name stands for.
  static func element(_ name: String) -> ElementType? {
    switch name {
    case "f2": .float16
    case "f4": .float32
    case "f8": .float64
    case "i1": .int8
    case "i2": .int16
    case "i4": .int32
    case "i8": .int64
    case "u1": .uint8
    case "u2": .uint16
    case "u4": .uint32
    case "u8": .uint64
    case "b1": .bool
    default: nil
    }
  }
}
