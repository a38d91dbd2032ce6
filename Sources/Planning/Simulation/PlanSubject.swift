import Calibration
import Execution
import Kernels
import Sensitivity
import TargetRules
import Techniques

/// The model that a plan is for, and the samples that it is tried on.
package struct PlanSubject {
  /// Samples, and how long they may be used.
  package struct Data {
    package var compiled: CompiledGraph
    package var measure: OutputMeasure
    /// What the search may see.
    package var search: SampleSet
    /// What it may not see; `nil` where nothing is verified.
    package var holdout: SampleSet?
    package var recordOptions: CalibrationRecord.Options
    package var queue: WorkQueue
    package var mostRounds = 8
    package var mostTrials = 64
    /// Asked between simulations whether to stop.
    package var isOver: () -> Bool = { false }
    /// Told what is being done.
    package var progress: (String) -> Void = { _ in }

    package init(
      compiled: CompiledGraph,
      measure: OutputMeasure,
      search: SampleSet,
      holdout: SampleSet?,
      recordOptions: CalibrationRecord.Options,
      queue: WorkQueue
    ) {
      self.compiled = compiled
      self.measure = measure
      self.search = search
      self.holdout = holdout
      self.recordOptions = recordOptions
      self.queue = queue
    }
  }

  /// The model; with what calibration measured where there are samples.
  package var context: ActionContext
  package var target: DeploymentTarget?
  package var data: Data?

  package init(context: ActionContext, target: DeploymentTarget? = nil, data: Data? = nil) {
    self.context = context
    self.target = target
    self.data = data
  }
}

/// The least number of samples that are held out.
package enum Holdout {
  package static let least = 32

  /// Splits samples by chance into those that the search sees and those that it does not.
  ///
  /// - Parameters:
  ///   - samples: All.
  ///   - share: The share that is held out; 0 for none.
  ///   - seed: Chooses them.
  /// - Returns: Both parts, each in the order of the data.
  /// - Throws: where fewer samples would be held out than an interval needs.
  package static func split(
    _ samples: SampleSet,
    share: Double,
    seed: UInt64
  ) throws(PlanningError) -> (search: SampleSet, holdout: SampleSet?) {
    guard share > 0 else { return (samples, nil) }
    let count = max(least, Int((Double(samples.count) * share).rounded()))
    guard samples.count > count else {
      throw PlanningError(
        .dataInvalid,
        "\(count) samples are held out to verify the plan, which leaves \(max(0, samples.count - count))"
          + " of \(samples.count) for the search",
        hint: "give more samples, a smaller --holdout (at least \(least) samples), or"
          + " --holdout 0% for a plan that is not verified"
      )
    }
    var places = Array(0..<samples.count)
    var generator = SeededGenerator(seed: seed &+ 0x9D0A_57ED)
    places.shuffle(using: &generator)
    return (
      samples.selecting(places[count...].sorted()), samples.selecting(places[..<count].sorted())
    )
  }
}
