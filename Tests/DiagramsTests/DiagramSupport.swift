import ByteIO
import FormatONNX
import ModelIR
import Profiling
import TestSupport

@testable import Diagrams

/// The profile and the model of an ONNX file that a test describes.
func loaded(_ parts: [ONNX.Part]) throws -> (model: Model, profile: ModelProfile) {
  let model = try ONNXFormat.load(ByteSource(ONNX.model(parts)).bytes, path: "test.onnx")
  let profile = Profiler(model, dimensions: try OpenDimensions(model.main)).profile(
    .init(readsWeights: false)
  )
  return (model, profile)
}

/// The diagram of an ONNX file that a test describes.
func diagram(
  _ parts: [ONNX.Part],
  overlay: DiagramOverlay = DiagramOverlay(),
  options: DiagramOptions = DiagramOptions()
) throws -> Diagram {
  let (model, profile) = try loaded(parts)
  return try DiagramBuilder(model, profile, overlay: overlay, options: options).diagram()
}

/// Models as lists of parts.
enum Sample {
  /// `count` blocks of Gemm and a residual Add, each of the given width.
  static func blocks(_ widths: [Int], tap: Int? = nil) -> [ONNX.Part] {
    var parts: [ONNX.Part] = [.init([ONNX.input("x0", [1, .size(widths[0])])])]
    for (index, width) in widths.enumerated() {
      parts += [
        ONNX.floats(
          initializer: "w\(index)",
          [width, width],
          Array(repeating: Float(index), count: width * width)
        ),
        ONNX.node(
          "MatMul",
          ["x\(index)", "w\(index)"],
          ["m\(index)"],
          name: "/block\(index)/lin/MatMul"
        ),
        ONNX.node("Sigmoid", ["m\(index)"], ["s\(index)"], name: "/block\(index)/act/Sigmoid"),
        ONNX.node(
          "Add",
          ["s\(index)", "x\(index)"],
          ["x\(index + 1)"],
          name: "/block\(index)/Add"
        ),
      ]
    }
    parts.append(ONNX.output("x\(widths.count)", [1, .size(widths[0])]))
    if let tap { parts.append(ONNX.output("s\(tap)", [1, .size(widths[0])])) }
    return parts
  }

  /// A chain of `count` Softplus nodes that share no box.
  static func chain(_ count: Int) -> [ONNX.Part] {
    [ONNX.input("x0", [1, 4])]
      + (0..<count).map {
        ONNX.node(
          "ReduceSum",
          ["x\($0)"],
          ["x\($0 + 1)"],
          name: "n\($0)",
          attributes: [
            ONNX.int("keepdims", 1)
          ]
        )
      } + [ONNX.output("x\(count)", [1, 1])]
  }
}

extension Diagram {
  /// The headings of the operators' boxes.
  var headings: [String] { nodes.filter { $0.kind == .operation }.map { $0.lines[0] } }

  /// The box with an id.
  func node(_ id: String) -> Node? { nodes.first { $0.id == id } }

  /// All operators that the boxes say they stand for.
  var coveredOperators: [Int] {
    nodes.flatMap { node in
      (node.data.first { $0.name == "operators" }?.value ?? "").split(separator: " ")
        .compactMap { Int($0) }
    }.sorted()
  }
}
