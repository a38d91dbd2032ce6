import ByteIO
import Execution
import ModelIR
import Operators

/// The user's metric, which looks at the outputs of all samples at once.
extension SweepRunner {
  /// Asks it of the float model: before all else, so that a program that does not work is told at once.
  ///
  /// - Throws: where there is no number.
  mutating func askOwnBaseline(_ journal: inout SweepJournal) throws(SweepError) {
    guard let metric = sweep.options.ownMetric, journal.records.ownBaseline == nil else { return }
    var outputs: [[Tensor]] = []
    do throws(ReadError) {
      do throws(ExecutionError) {
        var executor = try CompiledGraph.Executor(sweep.compiled)
        for position in 0..<sweep.samples.count {
          if sweep.compiled.model.isStateful {
            executor = try CompiledGraph.Executor(sweep.compiled)
          }
          let inputs: [Tensor]
          do throws(ReadError) {
            inputs = try sweep.samples.sample(position)
          } catch {
            throw ExecutionError(error.code, error.message, path: error.file)
          }
          outputs.append(try executor.run(inputs: inputs))
        }
      } catch {
        throw ReadError(error.code, error.message, path: error.path ?? "")
      }
    } catch {
      throw .read(error)
    }
    let value = metric.value(outputs, names: outputNames, labels: sweep.samples.labels)
    if case .trouble(let reason) = value {
      throw .metric("of the float model: " + reason)
    }
    try journal.append(journal.records.own(nil, value))
  }

  /// Keeps a block's outputs and, when all samples are there, asks.
  mutating func askOwn(
    _ trial: Int,
    _ positions: [(position: Int, outputs: [Tensor])],
    _ journal: inout SweepJournal
  ) throws(SweepError) {
    guard let metric = sweep.options.ownMetric, journal.records.failures[trial] == nil else {
      return
    }
    var value: OwnMetric.Value?
    do throws(ReadError) {
      let spool: OutputSpool
      if let known = self.spool { spool = known } else { spool = try OutputSpool() }
      self.spool = spool
      for (position, outputs) in positions {
        guard try spool.append(trial, position, outputs) else {
          value = .trouble("an output is of a type that is not handed on")
          break
        }
      }
      if value == nil, let all = spool.take(trial, sampleCount: sweep.samples.count) {
        value = metric.value(all, names: outputNames, labels: sweep.samples.labels)
      }
    } catch {
      throw .read(error)
    }
    if let value { try journal.append(journal.records.own(trial, value)) }
  }

  /// Each output's name; a name that is there already gets a number.
  private var outputNames: [String] {
    let graph = sweep.compiled.model.main
    var names: [String] = []
    for (index, output) in graph.outputs.enumerated() {
      let name = graph[output].name
      let isFree = !name.isEmpty && !names.contains(name) && name != "labels"
      names.append(isFree ? name : "out\(index)")
    }
    return names
  }
}
