import ByteIO
import Calibration
import Execution
import ModelIR
import Operators
import Sensitivity

/// What commands that run a model on samples need, each with its own error.
enum CalibrationInput {
  /// The extents of inputs: those that are stated, and one sample a run.
  static func shapes(
    _ shared: SharedOptions,
    _ model: Model,
    path: String
  ) throws(CommandFailure) -> [ValueID: [Int]] {
    var shapes: [ValueID: [Int]] = [:]
    let graph = model.main
    for option in shared.shape {
      guard let input = graph.inputs.first(where: { graph[$0].name == option.name }) else {
        throw CommandFailure(.usage, path: path, "there is no input \"\(option.name)\"")
      }
      shapes[input] = option.sizes
    }
    for input in graph.inputs where shapes[input] == nil && !graph[input].isConstant {
      guard let dimensions = graph[input].shape.dimensions,
        dimensions.contains(where: { $0.size == nil })
      else { continue }
      var sizes = dimensions.map(\.size)
      if sizes.first == .some(nil) { sizes[0] = 1 }
      guard !sizes.contains(nil) else {
        throw CommandFailure(
          .usage,
          path: path,
          "the extents of input \"\(graph[input].name)\" are open",
          hint: "state them: --shape \(graph[input].name)=1x…"
        )
      }
      shapes[input] = sizes.compactMap { $0 }
    }
    return shapes
  }

  /// The steps of `--preprocess`, given as text or as the path of a JSON5 file.
  static func preprocessing(_ text: String?) throws(ReadError) -> Preprocessing? {
    guard let text else { return nil }
    guard !text.contains("="), FileOutput.exists(text) else { return try Preprocessing(text) }
    return try Preprocessing(json5: try ByteSource.mapping(path: text).bytes)
  }

  /// What effects are measured in.
  static func measure(
    _ model: Model,
    _ compiled: CompiledGraph,
    metric: OutputMeasure.Metric?,
    hasLabels: Bool,
    path: String
  ) throws(CommandFailure) -> OutputMeasure {
    let measure = OutputMeasure(
      model.main,
      types: compiled.types,
      metric: metric,
      hasLabels: hasLabels
    )
    if let measure { return measure }
    let isFloat = model.main.outputs.contains { compiled.types[$0.index].element == .float32 }
    throw CommandFailure(
      isFloat ? .usage : .modelUnsupported,
      path: path,
      isFloat
        ? "--metric kl needs class scores, and the outputs are none"
        : "no output is float32",
      hint: isFloat ? "relative-mse fits any numbers" : "actions are measured on the float model"
    )
  }

  /// Checks labels against the classes that the model has.
  static func check(
    _ samples: SampleSet,
    _ measure: OutputMeasure,
    _ compiled: CompiledGraph,
    path: String
  ) throws(CommandFailure) {
    guard samples.labels != nil, let classes = measure.classCount(compiled.types) else { return }
    do throws(ReadError) {
      try samples.checkLabels(classCount: classes)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  /// The SHA-256 of everything in the model that results depend on.
  static func digest(_ model: Model, sha256: String, shapes: [ValueID: [Int]]) -> String {
    var whole = SHA256()
    whole.update(Array(sha256.utf8))
    // Weights may lie in files of their own.
    for value in model.main.values {
      if let bytes = value.constant?.bytes { whole.update(bytes) }
    }
    whole.update(Array(shapes.sorted { $0.key < $1.key }.map { "\($0.value)" }.joined().utf8))
    return whole.hexadecimal()
  }
}
