import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators

/// Measures the means and variances of batch normalisation anew, after weights before it were changed.
///
/// Each normalisation takes the statistics of its own input over all calibration samples; they are
/// measured from the first one on, because each changes what the next one sees. Variance is that of the
/// population, as training frameworks use it for normalising. Source: Sun et al. 2019, "Hybrid 8-bit
/// Floating Point (HFP8)", section 3.3 (re-tuning of batch normalisation after quantization).
package enum BatchNormReestimation {
  /// New means and variances; empty where no normalisation is left in the graph.
  ///
  /// - Parameters:
  ///   - compiled: The model with its changed weights.
  ///   - samples: The calibration samples.
  ///   - queue: The threads.
  ///   - nodes: Only normalisations that these lead to; all where it is `nil`.
  /// - Returns: The constants that change.
  /// - Throws: where a sample cannot be read or the model cannot be run.
  /// - Complexity: one pass over the samples for each normalisation.
  package static func constants(
    _ compiled: CompiledGraph,
    samples: SampleSet,
    queue: WorkQueue,
    behind nodes: Set<NodeID>? = nil
  ) throws(ReadError) -> [ValueID: Tensor] {
    let graph = compiled.model.main
    var result: [ValueID: Tensor] = [:]
    var current = compiled
    let behind = nodes.map { reached(from: $0, graph) }
    for node in graph.nodeIDs
    where graph[node].op == .known("batchNormalization") && behind?.contains(node) != false {
      let operands = graph[node].inputs
      guard operands.count == 5, let input = operands[0], let mean = operands[3],
        let variance = operands[4], graph[mean].isConstant, graph[variance].isConstant,
        !graph[input].isConstant, let sizes = graph[mean].shape.sizes
      else { continue }
      var options = CalibrationRecord.Options()
      options.values = [input]
      options.measuresInputs = false
      options.bins = 2
      let record = try CalibrationRecord(
        current,
        samples: samples,
        options: options,
        queue: queue
      )
      guard let statistics = record.statistics[input], !statistics.channels.isEmpty,
        statistics.channels.count == checkedProduct(sizes)
      else { continue }
      let count = Double(statistics.elements / statistics.channels.count)
      let means = statistics.channels.map { $0.sum / count }
      let variances = zip(statistics.channels, means).map { channel, mean in
        max(channel.squares / count - mean * mean, 0)
      }
      let values = [
        mean: Tensor(sizes, floats: means.map { Float($0) }),
        variance: Tensor(sizes, floats: variances.map { Float($0) }),
      ]
      result.merge(values) { $1 }
      do throws(ExecutionError) {
        current = try current.replacing(values)
      } catch {
        throw ReadError(error.code, error.message, path: error.path ?? "")
      }
    }
    return result
  }

  /// The nodes that depend on some.
  private static func reached(from nodes: Set<NodeID>, _ graph: Graph) -> Set<NodeID> {
    var values: Set<ValueID> = []
    var result: Set<NodeID> = []
    for node in graph.nodeIDs {
      let reads = graph[node].inputs.contains { $0.map(values.contains) ?? false }
      guard reads || nodes.contains(node) else { continue }
      result.insert(node)
      values.formUnion(graph[node].outputs.compactMap { $0 })
    }
    return result
  }

  /// What changes behind a layer whose constants changed.
  ///
  /// - Throws: where there is no data, no such normalisation, or the model cannot be run.
  static func constants(
    behind nodes: Set<NodeID>,
    after changed: [ValueID: Tensor],
    _ context: ActionContext,
    named name: String
  ) throws(TechniqueError) -> [ValueID: Tensor] {
    guard let data = context.reestimation else {
      throw TechniqueError(.dataInvalid, "\(name) needs calibration data")
    }
    let result: [ValueID: Tensor]
    do throws(ReadError) {
      let variant: CompiledGraph
      do throws(ExecutionError) {
        variant = try data.compiled.replacing(changed)
      } catch {
        throw ReadError(error.code, error.message, path: error.path ?? "")
      }
      // Actions are taken side by side already.
      result = try constants(
        variant,
        samples: data.samples,
        queue: WorkQueue(threadCount: 1),
        behind: nodes
      )
    } catch {
      throw TechniqueError(error.code, error.message)
    }
    guard !result.isEmpty else {
      throw TechniqueError(
        .usage,
        "\(name): no batch normalisation with constants comes behind the layer"
      )
    }
    return result
  }
}
