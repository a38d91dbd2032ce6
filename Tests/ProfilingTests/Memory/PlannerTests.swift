import ModelIR
import Operators
import Testing

@testable import Profiling

/// Expected numbers: the check vector of tflite-micro issue 2513, and plans by hand from the text of
/// the planners' sources.
@Suite struct PlannerTests {
  /// Input 125×90×1, convolution 3×3 to 32 channels, maximum pooling 4×4.
  private func issue2513() -> GraphSketch {
    var sketch = GraphSketch()
    let input = sketch.input("input", [1, 125, 90, 1])
    let filter = sketch.constant("filter", [32, 3, 3, 1])
    let bias = sketch.constant("bias", [32])
    let first = sketch.value("convolution", [1, 123, 88, 32])
    let second = sketch.value("pool", [1, 30, 22, 32])
    sketch.node("CONV_2D", "convolution", [input, filter, bias], [first])
    sketch.node("MAX_POOL_2D", "maxPool", [first], [second])
    sketch.output(second)
    return sketch
  }

  @Test func `the check vector of tflite-micro issue 2513`() throws {
    let plan = try #require(issue2513().memory.micro())
    #expect(plan.arenaBytes == 1_469_952)
    #expect(plan.lowerBoundBytes == 1_469_952)
    #expect(plan.peakOperator == 1)
    #expect(plan.live.map(\.bytes) == [1_385_472, 84_480])
  }

  @Test func `TensorFlow Lite keeps the input to the end`() throws {
    let plan = try #require(issue2513().memory.lite())
    // 45,000 bytes more, rounded up to the alignment of 64.
    #expect(plan.arenaBytesWithoutTemporaries == 45_056 + 1_469_952)
    // im2col: 123 · 88 rows of 9 floats, while the convolution runs; pooling is not alive yet.
    #expect(plan.arenaBytes == 45_056 + 1_385_472 + 123 * 88 * 9 * 4)
  }

  @Test func `an addition takes the place of an operand that dies with it`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("input", [64])
    let left = sketch.value("left", [64])
    let right = sketch.value("right", [64])
    let sum = sketch.value("sum", [64])
    let last = sketch.value("last", [64])
    sketch.node("ABS", "abs", [input], [left])
    sketch.node("NEG", "neg", [input], [right])
    sketch.node("ADD", "add", [left, right], [sum])
    sketch.node("ABS", "abs", [sum], [last])
    sketch.output(last)
    let plan = try #require(sketch.memory.lite())
    // input, left (= sum), and right, whose place the output takes.
    #expect(plan.arenaBytes == 3 * 256)
    #expect(plan.map.buffers.first { $0.name == "left" }?.shared == ["sum"])
    // The micro runtime has no such rule: left, right and sum at once.
    #expect(try #require(sketch.memory.micro()).arenaBytes == 3 * 256)
    #expect(try #require(sketch.memory.micro()).map.buffers.allSatisfy { $0.shared.isEmpty })
  }

  @Test func `an operand that is read twice is not written over`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("input", [64])
    let left = sketch.value("left", [64])
    let sum = sketch.value("sum", [64])
    let last = sketch.value("last", [64])
    sketch.node("ABS", "abs", [input], [left])
    sketch.node("ADD", "add", [left, input], [sum])
    sketch.node("SUB", "sub", [sum, left], [last])
    sketch.output(last)
    let plan = try #require(sketch.memory.lite())
    #expect(plan.map.buffers.allSatisfy { $0.shared.isEmpty })
  }

  @Test func `offsets that the file plans are kept`() throws {
    var model = issue2513().model()
    // Tensors: input, filter, bias, convolution, pool.
    model.plannedOffsets = [0, nil, nil, 45_008, 2_000_000]
    let types = model.graphs.map { $0.values.map { TensorType($0.type, $0.shape) } }
    let plan = try #require(MemoryAnalysis(model, types: types).micro())
    #expect(plan.arenaBytes == 2_000_000 + 84_480)
    #expect(plan.map.buffers.map(\.offset) == [0, 45_008, 2_000_000])
  }

  @Test func `the tightest gap is chosen with the quirk of the runtime`() {
    var arena = BestFitArena()
    // Two gaps of 192 and 128 bytes over steps 5 and later.
    #expect(arena.place(bytes: 64, first: 0, last: 9) == 0)
    #expect(arena.place(bytes: 192, first: 0, last: 4) == 64)
    #expect(arena.place(bytes: 64, first: 0, last: 9) == 256)
    #expect(arena.place(bytes: 128, first: 0, last: 4) == 320)
    #expect(arena.place(bytes: 64, first: 0, last: 9) == 448)
    #expect(arena.place(bytes: 100, first: 5, last: 9) == 320)
    #expect(arena.highWaterMark == 512)
    // A start that is not aligned: the remembered fit counts from byte 10, the compared one from 64.
    var odd = BestFitArena()
    #expect(odd.place(bytes: 10, first: 0, last: 9) == 0)
    #expect(odd.place(bytes: 128, first: 0, last: 4) == 64)
    #expect(odd.place(bytes: 64, first: 0, last: 9) == 192)
    #expect(odd.place(bytes: 128, first: 0, last: 4) == 256)
    #expect(odd.place(bytes: 64, first: 0, last: 9) == 384)
    // Gap one: 64…192, remembered as 182; gap two: 256…384, 128 < 182: the later one of equal size.
    #expect(odd.place(bytes: 64, first: 5, last: 9) == 256)
  }

  @Test func `buffers of one size are placed from the last to the first`() {
    func request(_ bytes: Int, _ first: Int, _ last: Int) -> MicroPlanner.Request {
      .init(
        request: .init(
          name: "",
          kind: .activation,
          value: nil,
          bytes: bytes,
          first: first,
          last: last
        ),
        bytes: bytes,
        offline: nil
      )
    }
    let offsets = MicroPlanner.offsets([request(16, 0, 1), request(16, 1, 2), request(32, 0, 2)])
    #expect(offsets == [48, 32, 0])
  }

  @Test func `variables are persistent, and text has no place`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("input", [16])
    let state = sketch.graph.append(
      Value(name: "state", type: .float32, shape: .fixed([16]), content: .variable(initial: nil))
    )
    let sum = sketch.value("sum", [16])
    sketch.node("ADD", "add", [input, state], [sum])
    sketch.output(sum)
    let plan = try #require(sketch.memory.lite())
    #expect(plan.arenaBytes == 128)
    #expect(plan.persistentBytes == 64)
  }

  @Test func `a size that is not known leaves the plan unknown`() {
    var sketch = GraphSketch()
    let input = sketch.input("input", [16])
    let open = sketch.graph.append(
      Value(name: "open", type: .float32, shape: .ranked([.unknown, 4]))
    )
    sketch.node("ABS", "abs", [input], [open])
    sketch.output(open)
    #expect(sketch.memory.lite() == nil)
    #expect(sketch.memory.micro() == nil)
    #expect(sketch.memory.generic() == nil)
  }
}
