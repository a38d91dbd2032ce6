import ByteIO
import Execution
import ModelIR
import Profiling
import TargetRules

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What this machine can do, measured in a moment.
enum HostMeasurement {
  /// The targets, with measured figures for the one that stands for this machine.
  ///
  /// It takes a fifth of a second, and only where that target is asked for and has no figures.
  static func filling(_ targets: [DeploymentTarget], threads: Int) -> [DeploymentTarget] {
    targets.map { target in
      guard target.name == MeasuredHost.targetName, target.arithmetic == nil else { return target }
      let peak = MachinePeak.measure(threads: threads)
      var rates: [(type: ElementType, multiplyAddsPerSecond: Double)] = [
        (.float32, peak.multiplyAddsPerSecond)
      ]
      if let integers = MachinePeak.int8MultiplyAddsPerSecond(threads: threads) {
        rates.append((.int8, integers))
      }
      return MeasuredHost(
        rates: rates,
        bytesPerSecond: peak.bytesPerSecond,
        threads: threads,
        method: "short loops on this machine"
      ).filling(target)
    }
  }
}

/// Fits the figures of this machine to the times of models' operators.
struct HostCalibration {
  var runs: Int
  var threads: Int
  var isQuiet: Bool

  /// A rule file for this machine.
  ///
  /// - Throws: where a model cannot be run, or the operators are too few to tell the figures apart.
  func ruleFile(_ paths: [String], _ library: TargetLibrary) throws(CommandFailure) -> String {
    let target = try TargetOptions.find(MeasuredHost.targetName, in: library)
    let progress = ProgressLine(isQuiet: isQuiet)
    defer { progress.finish() }
    var all: [LatencyFit.Sample] = []
    var totals: [(path: String, samples: [LatencyFit.Sample])] = []
    for path in paths {
      let samples = try samples(path, target, progress)
      all += samples
      totals.append((path, samples))
    }
    guard let fit = LatencyFit(all) else {
      throw CommandFailure(
        .dataInvalid,
        path: paths[0],
        "\(all.count) measured operators are too few to tell rates, bandwidth and overhead apart",
        hint: "give more models"
      )
    }
    // What never bounded an operator has no figure: the fastest that was seen is one that holds.
    let rates = fit.rates.map { rate in
      (
        type: rate.type,
        multiplyAddsPerSecond: rate.secondsPerMultiplyAdd > 0
          ? 1 / rate.secondsPerMultiplyAdd : Self.fastest(all, rate.type)
      )
    }
    let errors = totals.map { total in
      let measured = total.samples.reduce(0) { $0 + $1.seconds }
      let predicted = total.samples.reduce(0) { $0 + fit.seconds($1.demands) }
      return abs(predicted / measured - 1)
    }
    let worst = errors.max() ?? 0
    let names = paths.map { String($0.split(separator: "/").last ?? "") }
    let method =
      "\(fit.sampleCount) operators of \(names.joined(separator: ", ")), medians of \(runs) runs:"
      + " half of them predicted within \(Self.percent(fit.medianRelativeError)), nine of ten within"
      + " \(Self.percent(fit.ninthDecileError)), whole models within \(Self.percent(worst))"
    let host = MeasuredHost(
      rates: rates,
      bytesPerSecond: fit.secondsPerByte > 0 ? 1 / fit.secondsPerByte : nil,
      nanosecondsPerOperator: fit.secondsPerOperator * 1e9,
      threads: threads,
      method: method
    )
    return host.ruleFile(tool: AnalyzeTool.identity.version, date: Self.today())
  }

  private func samples(
    _ path: String,
    _ target: DeploymentTarget,
    _ progress: ProgressLine
  ) throws(CommandFailure) -> [LatencyFit.Sample] {
    let (model, _, _) = try ModelLoader.load(path)
    let dimensions: OpenDimensions
    do throws(ShapeOptionError) {
      dimensions = try OpenDimensions(model.main, batch: 1)
    } catch {
      throw CommandFailure(.dataInvalid, path: path, error.message)
    }
    let profiler = Profiler(model, dimensions: dimensions)
    var profile = profiler.profile(.init(readsWeights: false, mostCompressed: 0))
    let measurement = ReportMeasurement(runs: runs, threads: threads)
    try measurement.add(to: &profile, model, dimensions) { done, total in
      progress.show("\(path): measuring", done: done, of: total)
    }
    guard profile.measurement != nil else {
      let reason = profile.findings.first { $0.code.hasPrefix("R01") }?.message
      throw CommandFailure(
        .dataInvalid,
        path: path,
        reason ?? "the model was not measured",
        hint: "calibrate with models that run here"
      )
    }
    return profiler.latencySamples(profile, target)
  }

  /// The most multiply-adds a second that a step of a type was seen to do.
  private static func fastest(_ samples: [LatencyFit.Sample], _ type: ElementType) -> Double {
    samples.map { sample in
      sample.demands.filter { $0.type == type }.reduce(0) { $0 + $1.work } / sample.seconds
    }.max() ?? 1
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  /// The day, by universal time.
  private static func today() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(1900 + parts.tm_year)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
  }
}
