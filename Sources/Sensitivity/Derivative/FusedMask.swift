import ModelIR
import Operators

/// The derivative of an activation that a node applies to its result, told from the result itself.
enum FusedMask: Sendable {
  case none, relu, relu6, reluN1To1, tanh, sigmoid

  /// - Returns: `nil` for an activation that is none of these.
  init?(_ attributes: AttributeReader) {
    switch try? attributes.string("activation", default: "none") {
    case "none": self = .none
    case "relu": self = .relu
    case "relu6": self = .relu6
    case "reluN1To1": self = .reluN1To1
    case "tanh": self = .tanh
    case "sigmoid": self = .sigmoid
    default: return nil
    }
  }

  /// Multiplies a derivative by that of the activation.
  func apply(_ derivative: inout [Float], _ result: [Float]) {
    guard self != .none, derivative.count == result.count else { return }
    derivative.withUnsafeMutableBufferPointer { derivative in
      result.withUnsafeBufferPointer { result in
        switch self {
        case .none: break
        case .relu:
          for index in derivative.indices where !(result[index] > 0) { derivative[index] = 0 }
        case .relu6:
          for index in derivative.indices where !(result[index] > 0 && result[index] < 6) {
            derivative[index] = 0
          }
        case .reluN1To1:
          for index in derivative.indices where !(result[index].magnitude < 1) {
            derivative[index] = 0
          }
        case .tanh:
          for index in derivative.indices { derivative[index] *= 1 - result[index] * result[index] }
        case .sigmoid:
          for index in derivative.indices {
            derivative[index] *= result[index] * (1 - result[index])
          }
        }
      }
    }
  }
}
