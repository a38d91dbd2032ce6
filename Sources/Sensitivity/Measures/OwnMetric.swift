import ByteIO
import Execution
import Operators

/// A figure of the user's own, which a program finds from the outputs of all samples.
///
/// For what needs more than one sample, or is no matter of classes: precision of boxes, word errors, F1.
/// It stands beside the divergence, which every ranking and plan goes by.
package struct OwnMetric: Sendable {
  /// As the user wrote it; results depend on it.
  package let command: String
  /// Reads an `.npz`: an array each output, samples along the first axis, and `labels` where there are.
  private let read: @Sendable (_ archive: [UInt8]) -> Value

  /// What the program says.
  package enum Value: Equatable, Sendable {
    case number(Double)
    /// Why there is no number.
    case trouble(String)

    /// The number; `nil` where there is none.
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
  }

  package init(command: String, read: @escaping @Sendable (_ archive: [UInt8]) -> Value) {
    self.command = command
    self.read = read
  }

  /// Asks the program.
  ///
  /// - Parameters:
  ///   - outputs: The outputs of each sample, in the samples' order.
  ///   - names: The outputs' names.
  ///   - labels: The samples' classes.
  /// - Returns: Its number, or why there is none.
  func value(_ outputs: [[Tensor]], names: [String], labels: [Int]?) -> Value {
    var arrays: [(name: String, tensor: Tensor)] = []
    for (index, name) in names.enumerated() {
      guard let joined = Self.joined(outputs.map { $0[index] }) else {
        return .trouble("output \"\(name)\" is not of one size for all samples")
      }
      arrays.append((name, joined))
    }
    if let labels {
      let elements = Tensor.Elements.integers(labels.map(Int64.init))
      arrays.append(
        ("labels", Tensor(type: .int64, sizes: [labels.count], elements: elements))
      )
    }
    do throws(ExecutionError) {
      return read(try TensorArchive.serialized(arrays))
    } catch {
      return .trouble(error.message)
    }
  }

  /// Samples along the first axis: a first axis of one element is theirs, otherwise there is a new one.
  private static func joined(_ tensors: [Tensor]) -> Tensor? {
    guard let first = tensors.first,
      tensors.allSatisfy({ $0.type == first.type && $0.sizes == first.sizes })
    else { return nil }
    let rest = first.sizes.first == 1 ? first.sizes.dropFirst() : first.sizes[...]
    let sizes = [tensors.count] + rest
    switch first.elements {
    case .floats:
      var all: [Float] = []
      for case .floats(let values) in tensors.map(\.elements) { all += values }
      return Tensor(type: first.type, sizes: sizes, elements: .floats(all))
    case .integers:
      var all: [Int64] = []
      for case .integers(let values) in tensors.map(\.elements) { all += values }
      return Tensor(type: first.type, sizes: sizes, elements: .integers(all))
    default: return nil
    }
  }
}
