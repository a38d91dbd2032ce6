import ModelIR
import Operators

extension ModelCall {
  /// The inputs of the first run that the tensors are enough for.
  ///
  /// - Throws: `DATA_INVALID` where a tensor does not fit its input.
  package func firstPiece(of tensors: [Tensor]) throws(ExecutionError) -> [Tensor] {
    try PiecePlan(self, tensors).piece(0, of: tensors)
  }
}
