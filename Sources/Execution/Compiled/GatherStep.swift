import Kernels
import ModelIR
import Operators

/// Copies pieces of an operand to where the result has them.
struct GatherStep: StepKernel {
  /// A run of neighbouring elements.
  struct Piece {
    var source: Int
    var count: Int
  }

  let pieces: [Piece]
  let width: Int

  var packedByteCount: Int { pieces.count * MemoryLayout<Piece>.stride }

  func run(_ memory: StepMemory) {
    var target = memory.result
    for piece in pieces {
      let bytes = piece.count * width
      target.copyMemory(from: memory.operands[0] + piece.source * width, byteCount: bytes)
      target += bytes
    }
  }
}

extension KernelChooser {
  /// A movement whose other operands are constant, as a list of pieces.
  ///
  /// The node's own definition says where each element comes from: it is evaluated on the elements'
  /// positions.
  func tabulated() -> KernelChoice? {
    // Positions are floats, which are exact up to 2^24.
    guard let input = stored(0), input.element == resultElement,
      let count = checkedProduct(input.sizes), count < 1 << 24,
      let resultCount = checkedProduct(resultSizes), resultCount < 1 << 24
    else { return nil }
    let positions = Tensor(input.sizes, floats: (0..<count).map { Float($0) })
    var operands: [Tensor?] = [positions]
    for operand in node.inputs.dropFirst() {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard let tensor = constant(operand) else { return nil }
      operands.append(tensor)
    }
    guard let result = evaluate(operands)?.first, result.sizes == resultSizes,
      case .floats(let sources) = result.elements, sources.count == resultCount
    else { return nil }
    var pieces: [GatherStep.Piece] = []
    for source in sources {
      guard let place = Int(exactly: source), (0..<count).contains(place) else { return nil }
      if let last = pieces.last, last.source + last.count == place {
        pieces[pieces.count - 1].count += 1
      } else {
        pieces.append(.init(source: place, count: 1))
      }
    }
    return plain(GatherStep(pieces: pieces, width: input.width), input.value)
  }
}
