import ByteIO
import Calibration
import Execution
import ModelIR
import Operators
import Planning

/// Runs the members of an ensemble on the samples, for advice on which one can do without.
struct EnsembleMeasurement {
  let command: PlanCommand
  let data: String

  /// The advice; empty where one model was given.
  ///
  /// - Parameter model: The model that is planned: the first member.
  /// - Returns: What can be merged or left out.
  /// - Throws: where a member cannot be run on the samples.
  func advice(_ model: Model) throws(CommandFailure) -> [TrainingAdvice] {
    guard !command.member.isEmpty else { return [] }
    var members = [try member(model, command.model)]
    for path in command.member {
      let loaded = try ModelLoader.load(path, limits: command.shared.limits).model
      let other = try member(loaded, path)
      guard other.member.scores.count == members[0].member.scores.count,
        other.member.scores.first?.count == members[0].member.scores.first?.count
      else {
        throw CommandFailure(
          .usage,
          path: path,
          "it has \(other.member.scores.first?.count ?? 0) classes, \(command.model) has"
            + " \(members[0].member.scores.first?.count ?? 0)",
          hint: "members of an ensemble answer the same question"
        )
      }
      members.append(other)
    }
    return Ensemble(members.map(\.member), labels: members[0].labels).advice()
  }

  private func member(_ model: Model, _ path: String) throws(CommandFailure) -> (
    member: Ensemble.Member, labels: [Int]?
  ) {
    let shapes = try CalibrationInput.shapes(command.shared, model, path: path)
    var scores: [[Double]] = []
    let samples: SampleSet
    do throws(ReadError) {
      var reading = SampleSet.Options(labels: command.labels)
      reading.preprocessing = try CalibrationInput.preprocessing(command.preprocess)
      let all = try SampleSet(
        path: data,
        forms: try InputForm.all(of: model, shapes: shapes),
        metadata: model.metadata,
        options: reading
      )
      samples = command.samples.map { all.choosing($0, seed: command.seed ?? 0) } ?? all
    } catch {
      throw CommandFailure(error, path: data)
    }
    let executor: CompiledGraph.Executor
    do throws(ExecutionError) {
      executor = try CompiledGraph.Executor(try CompiledGraph(model, inputShapes: shapes))
    } catch {
      throw CommandFailure(error, path: path)
    }
    for index in 0..<samples.count {
      let inputs: [Tensor]
      do throws(ReadError) {
        inputs = try samples.sample(index)
      } catch {
        throw CommandFailure(error, path: data)
      }
      do throws(ExecutionError) {
        let outputs = try executor.run(inputs: inputs)
        guard outputs.count == 1, case .floats(let numbers) = outputs[0].elements,
          numbers.count > 1
        else {
          throw ExecutionError(.modelUnsupported, "its output is no vector of class scores")
        }
        scores.append(numbers.map(Double.init))
      } catch {
        throw CommandFailure(error, path: path)
      }
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return (
      .init(name: name, bytes: model.ledger.fileBytes, scores: scores), samples.labels
    )
  }
}
