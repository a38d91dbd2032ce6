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
  /// - Returns: The constants that change.
  /// - Throws: where a sample cannot be read or the model cannot be run.
  /// - Complexity: one pass over the samples for each normalisation.
  package static func constants(
    _ compiled: CompiledGraph,
    samples: SampleSet,
    queue: WorkQueue
  ) throws(ReadError) -> [ValueID: Tensor] {
    let graph = compiled.model.main
    var result: [ValueID: Tensor] = [:]
    var current = compiled
    for node in graph.nodeIDs where graph[node].op == .known("batchNormalization") {
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
}
