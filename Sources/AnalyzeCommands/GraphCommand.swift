import ArgumentParser
import ByteIO
import Diagrams
import Differences
import ModelIR
import Profiling

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension DiagramOptions.Colouring: ExpressibleByArgument {}
extension DiagramOptions.Part: ExpressibleByArgument {}
extension DiagramOptions.Folding: ExpressibleByArgument {}

/// `analyze graph MODEL -o FILE`: the layer graph as a picture.
struct GraphCommand: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw the layer graph of a model, or what changed between two.",
    discussion: """
      The ending of FILE says what is written: .svg, .pdf, .png, .dot or .html. Boxes are coloured by \
      what they cost; constants and shape arithmetic are left out, and blocks that repeat are \
      drawn once. With two models the picture shows what was added, removed and changed.

      EXAMPLES
        analyze graph Examples/digits/digits_dscnn.onnx --color-by weights -o a.svg
        analyze graph Examples/digits/digits_cnn.tflite --only hotspots -o b.pdf
      """
  )

  @Argument(
    help: ArgumentHelp("The model, or the old one and the new one.", valueName: "MODEL")
  )
  var models: [String]

  @Option(
    name: .customLong("color-by"),
    help: ArgumentHelp(
      "What the colours show.",
      valueName: DiagramOptions.Colouring.allCases.map(\.rawValue).joined(separator: "|")
    )
  )
  var colouring: DiagramOptions.Colouring = .macs

  @Option(
    name: .customLong("only"),
    help: ArgumentHelp("Show a part alone.", valueName: "peak|hotspots|unsupported")
  )
  var part: DiagramOptions.Part?

  @Option(
    name: .customLong("fold"),
    help: ArgumentHelp(
      "Draw repeated blocks once; never: a box each operator.",
      valueName: "auto|always|never"
    )
  )
  var folding: DiagramOptions.Folding = .auto

  @Option(help: ArgumentHelp("Draw scopes below this depth as one box.", valueName: "N"))
  var depth: Int?

  @Option(help: ArgumentHelp("Show what is around a layer.", valueName: "LAYER"))
  var focus: String?

  @Option(help: ArgumentHelp("How far around it, in boxes (default: 3).", valueName: "N"))
  var radius: Int?

  @Flag(help: "Draw on a dark ground; SVG otherwise follows the reader's system.")
  var dark = false

  @Option(
    help: ArgumentHelp(
      "Figures for --color-by time|sensitivity|action|target: a JSON document of analyze.",
      valueName: "FILE.json"
    )
  )
  var data: [String] = []

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard (1...2).contains(models.count) else {
      throw ValidationError("graph takes one model, or the old one and the new one")
    }
    guard let output = shared.output else {
      throw ValidationError("-o FILE says where to write: .svg, .pdf, .png, .dot or .html")
    }
    _ = try GraphFormat(path: output)
    if let depth, depth < 1 { throw ValidationError("--depth \(depth) must be at least 1") }
    if let radius, radius < 0 { throw ValidationError("--radius \(radius) must be at least 0") }
    if radius != nil, focus == nil { throw ValidationError("--radius needs --focus LAYER") }
    if models.count == 2, part != nil || focus != nil || depth != nil || !data.isEmpty {
      throw ValidationError("--only, --focus, --depth and --data do not apply to two models")
    }
  }

  func status() throws -> ExitStatus {
    let output = shared.output ?? ""
    for path in models + data where FileOutput.isSameFile(output, path) {
      throw CommandFailure(.usage, path: output, "the output would replace what it is made from")
    }
    let loaded = try models.map { (path) throws(CommandFailure) in
      try LoadedModel(path, shared, refusing: output, hashesWeights: models.count > 1)
    }
    let picture = GraphPicture(
      format: try GraphFormat(path: output),
      theme: dark ? .dark : .automatic,
      limits: GraphLimits(shared.limits)
    )
    let diagram = try self.diagram(loaded)
    let (path, bytes, notes) =
      picture.format == .html
      ? (output, page(loaded, diagram, picture), [])
      : try picture.file(diagram, output)
    for model in loaded { try model.checkUnchanged() }
    do throws(WriteError) {
      try FileOutput.replace(path, with: bytes)
    } catch {
      throw CommandFailure(error)
    }
    for note in notes { warn(note) }
    return .done
  }

  private func diagram(_ loaded: [LoadedModel]) throws(CommandFailure) -> Diagram {
    var overlay = DiagramOverlay()
    for path in data { try GraphData.read(path, into: &overlay, loaded[0].profile) }
    do throws(DiagramError) {
      guard loaded.count == 1 else {
        return try DifferenceDiagram(
          old: (loaded[0].model, loaded[0].profile),
          new: (loaded[1].model, loaded[1].profile),
          folding: folding
        ).diagram()
      }
      return try DiagramBuilder(
        loaded[0].model,
        loaded[0].profile,
        overlay: overlay,
        options: DiagramOptions(
          colouring: colouring,
          part: part,
          folding: folding,
          depth: depth,
          focus: focus.map { .init(layer: $0, radius: radius ?? 3) }
        )
      ).diagram()
    } catch {
      throw CommandFailure(.usage, path: models[0], error.message)
    }
  }

  // A warning that cannot be written is no error.
  private func warn(_ text: String) {
    guard !shared.quiet else { return }
    let line = "analyze: warning: " + escapedForTerminal(text) + "\n"
    try? FileOutput.write(Array(line.utf8), to: STDERR_FILENO)
  }
}

/// A model with its profile, as every picture needs it.
struct LoadedModel {
  let path: String
  let model: Model
  let profile: ModelProfile
  private let source: ByteSource
  private let file: String

  init(
    _ path: String,
    _ shared: SharedOptions,
    refusing output: String,
    hashesWeights: Bool
  ) throws(CommandFailure) {
    self.path = path
    let loaded = try ModelLoader.load(path, limits: shared.limits)
    (model, source, file) = loaded
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    for file in model.ledger.files
    where FileOutput.isSameFile(output, folder + file.path)
      || FileOutput.isSameFile(output, file.path)
      || FileOutput.isSameFile(output, path + "/" + file.path)
    {
      throw CommandFailure(.usage, path: output, "the output would replace the model's weights")
    }
    let dimensions = try OpenDimensions(model, shared.shape, batch: shared.batch, path: path)
    profile = Profiler(model, dimensions: dimensions).profile(
      // Two models are compared by what their weights hold.
      .init(
        readsWeights: hashesWeights,
        hashesConstants: hashesWeights,
        threads: shared.threadCount
      )
    )
  }

  func checkUnchanged() throws(CommandFailure) {
    do throws(ReadError) {
      try source.checkUnchanged(path: file)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }
}
