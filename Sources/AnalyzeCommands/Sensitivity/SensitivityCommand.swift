import ArgumentParser
import ByteIO
import Calibration
import ModelIR
import Reports
import Sensitivity

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension SweepOptions.Effort: ExpressibleByArgument {}

/// `analyze sensitivity MODEL --calibration DATA -o FILE.json`: what each action on each layer costs.
struct SensitivityCommand: StatusCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, html
  }

  static let configuration = CommandConfiguration(
    commandName: "sensitivity",
    abstract: "Measure what each compression action on each layer does to the outputs.",
    discussion: """
      Every action is taken on one layer at a time, and the model's outputs are compared with the \
      float ones. A journal beside the output keeps what was measured: an interrupted sweep goes on \
      with --resume.

      EXAMPLES
        analyze sensitivity Examples/digits/digits_cnn.tflite --calibration Examples/digits/test.npz \
      -o digits.json
        analyze sensitivity Examples/digits/digits_dscnn.tflite --calibration \
      Examples/digits/test.npz --effort screen --actions int8-channel,int4-channel,prune-50 -o d.json
      """
  )

  @Argument(
    help: ArgumentHelp("The model; its name says nothing of its format.", valueName: "MODEL")
  )
  var model: String

  @Option(
    name: .long,
    help: ArgumentHelp("Samples: .npz, .npy, or a folder of arrays or pictures.", valueName: "DATA")
  )
  var calibration: String

  @OptionGroup var sampleOptions: SampleOptions

  @Option(name: .long, help: ArgumentHelp("Actions, by commas.", valueName: "A,B,…"))
  var actions: String = SweepOptions.defaultActionNames.joined(separator: ",")

  @Option(
    name: .long,
    help: ArgumentHelp("How much is measured, not estimated.", valueName: "screen|balanced|exact")
  )
  var effort: SweepOptions.Effort = .balanced

  @Option(name: .long, help: ArgumentHelp("Use so many samples.", valueName: "N"))
  var samples: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Chooses the samples (default: first ones).", valueName: "N")
  )
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The unit (default: by the graph); command:CMD adds what a program says of the outputs (.npz).",
      valueName: "METRIC"
    )
  )
  var metric: [MetricOption] = []

  @Option(name: .long, help: ArgumentHelp("Stop after so long: 90s, 10m, 2h.", valueName: "TIME"))
  var time: DurationOption?

  @Flag(name: .long, help: "Go on with the journal of an interrupted sweep.")
  var resume = false

  @Flag(name: .long, help: "Throw an older journal away.")
  var restart = false

  @Option(
    name: .long,
    help: ArgumentHelp("Measure part K of N; the output is for --merge.", valueName: "K/N")
  )
  var shard: ShardOption?

  @Option(
    name: .long,
    parsing: .upToNextOption,
    help: ArgumentHelp("Join the outputs of all parts.", valueName: "FILE")
  )
  var merge: [String] = []

  @Option(name: .long, help: ArgumentHelp("How to write the report.", valueName: "text|json|html"))
  var format: Format = .text

  @Option(
    name: .long,
    help: ArgumentHelp("Write the ranking and the curves as SVG there too.", valueName: "DIR")
  )
  var pictures: String?

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard let output = shared.output, !output.isEmpty else {
      throw ValidationError("-o FILE.json says where to write")
    }
    if let samples, samples < 1 { throw ValidationError("--samples \(samples) must be at least 1") }
    if units.count > 1 { throw ValidationError("--metric names two units") }
    if metric.count - units.count > 1 { throw ValidationError("--metric names two commands") }
    if resume, restart { throw ValidationError("--resume and --restart exclude each other") }
    if !merge.isEmpty, shard != nil || resume || restart || time != nil {
      throw ValidationError("--merge measures nothing: no --shard, --resume, --restart, --time")
    }
  }

  var labels: String? { sampleOptions.labels }
  var preprocess: String? { sampleOptions.preprocess }

  /// The units that the options name: none or one.
  private var units: [OutputMeasure.Metric] {
    metric.compactMap { if case .unit(let unit) = $0 { unit } else { nil } }
  }

  /// The unit that the user states.
  var unit: OutputMeasure.Metric? { units.first }

  /// The user's own metric.
  var ownMetric: OwnMetric? {
    metric.lazy.compactMap { option in
      guard case .command(let command) = option else { return nil }
      let seconds = shared.limits["metric-time"] ?? MetricCommand.standardSeconds
      return MetricCommand(command: command, seconds: seconds).metric
    }.first
  }

  func status() throws -> ExitStatus {
    try SensitivityRun(self).status()
  }
}

/// `90s`, `10m`, `2h`, or seconds.
struct DurationOption: ExpressibleByArgument {
  var duration: Duration

  init?(argument: String) {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    let unit = argument.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())),
      number > 0, number * (unit ?? 1) < 1e9
    else { return nil }
    duration = .seconds(number * (unit ?? 1))
  }
}

/// `3/16`.
struct ShardOption: ExpressibleByArgument {
  var shard: SweepOptions.Shard

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count <= 10_000,
      index >= 1, index <= count
    else { return nil }
    shard = SweepOptions.Shard(index: index, of: count)
  }
}
