import ByteIO
import Diagrams
import Differences
import Execution
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import FuzzSupport
import ModelIR
import Operators
import Profiling
import Reports

/// Any bytes that are a model go through everything that reports are made of.
enum Pipeline {
  @Sendable static func check(_ bytes: Bytes) throws {
    let model = try load(bytes)
    let profiler = Profiler(model, dimensions: try OpenDimensions(model.main))
    let options = Profiler.Options(
      readsWeights: true,
      hashesConstants: true,
      mostCompressed: 0,
      threads: 1
    )
    let profile = profiler.profile(options)
    try checkFigures(profile, bytes)
    try checkReports(profile, model)
    try checkDiagram(profile, model)
    run(model)
  }

  private static func load(_ bytes: Bytes) throws -> Model {
    if TFLiteFormat.probe(bytes) { return try TFLiteFormat.load(bytes, path: "m") }
    if KerasFormat.probe(bytes) { return try KerasFormat.load(bytes, path: "m") }
    if ONNXFormat.probe(bytes) { return try ONNXFormat.load(bytes, path: "/nowhere/m") }
    return try TensorFlowFormat.load(bytes, path: "m")
  }

  private static func checkFigures(_ profile: ModelProfile, _ bytes: Bytes) throws {
    let snapshot = ReportSnapshot(profile)
    try promise(snapshot.totals.fileBytes == bytes.count, "another size than the file's")
    try promise(
      snapshot.bytes.reduce(0) { $0 + $1.bytes } == bytes.count,
      "parts that do not sum up"
    )
    let figures = [
      snapshot.totals.parameters, snapshot.totals.weightBytes, snapshot.totals.multiplyAdds,
      snapshot.totals.flops, snapshot.totals.activationBytes, snapshot.totals.peakActivationBytes,
    ]
    try promise(figures.allSatisfy { $0 ?? 0 >= 0 }, "a negative figure: \(figures)")
    if let sparsity = snapshot.totals.sparsity {
      try promise((0...1).contains(sparsity), "a share of \(sparsity)")
    }
    let difference = ModelDifference(snapshot, snapshot)
    _ = DifferenceText(difference).text(TextStyle())
    _ = DifferenceText(difference).markdown()
  }

  private static func checkReports(_ profile: ModelProfile, _ model: Model) throws {
    let tool = ToolIdentity(name: "analyze", version: "fuzz")
    let text = TextReport(profile, options: .init(showsMemory: true)).text()
    try Escaping.checkTerminal(text)
    try Escaping.checkNoCommands(text)
    let report = JSONReport(profile, tool: tool).value().serialized()
    try Escaping.checkJSON(report)
    let names = model.graphs.map(\.name)
    let nodes = NodeDataJSON(profile, graphNames: names, order: .macs)
    try Escaping.checkJSON(nodes.value().serialized())
    try Escaping.checkNoCommands(MarkdownReport(profile).text())
    try Escaping.checkCSV(CSVReport([profile]).text())
    if let plan = profile.memory.first {
      try Escaping.checkXML(ArenaMapSVG(plan, title: profile.model.path).text())
    }
    // A report that was written is read as what it was.
    let again = try ReportSnapshot.decode(ByteSource(report).bytes)
    try promise(again[0].totals.fileBytes == profile.model.fileBytes, "another report than written")
  }

  private static func checkDiagram(_ profile: ModelProfile, _ model: Model) throws {
    let diagram: Diagram
    do throws(DiagramError) {
      diagram = try DiagramBuilder(model, profile).diagram()
    } catch {
      return
    }
    try Escaping.checkDOT(DOTWriter.dot(diagram), nodes: diagram.nodes.count)
    guard diagram.nodes.count <= 200 else { return }
    // Without Graphviz: no program is started.
    let placement = Placer(limits: ChildLimits(milliseconds: 0)).place(diagram)
    let drawing = DrawingBuilder.drawing(diagram, placement)
    try Escaping.checkXML(SVGWriter.svg(drawing))
  }

  /// Runs it where that is cheap; what it gives is of no interest, that it ends is.
  private static func run(_ model: Model) {
    var inputs: [Tensor] = []
    for value in model.main.inputs.map({ model.main[$0] }) {
      let sizes = (value.shape.dimensions ?? []).map { $0.size ?? 1 }
      var count = 1
      for size in sizes {
        count *= min(max(size, 0), 1 << 14)
        guard count <= 1 << 14 else { return }
      }
      guard value.type == .float32 else { return }
      inputs.append(
        Tensor(
          type: .float32,
          sizes: sizes,
          elements: .floats((0..<count).map { Float($0 % 7) - 3 })
        )
      )
    }
    guard model.main.nodes.count <= 64 else { return }
    _ = try? Interpreter(model, limits: .init(tensorBytes: 1 << 18, nesting: 8)).run(inputs: inputs)
  }
}
