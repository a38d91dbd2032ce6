import ModelIR
import Testing

@testable import Profiling

/// Counts against public counters and the formats' own runtimes: Tests/Oracles/macs.json.
@Suite struct OracleTests {
  private func profile(_ name: String, threads: Int = 2) throws -> ModelProfile {
    let entry = try #require(Oracle.entries[name])
    var model = try loadModel(path: Oracle.path(name))
    model.labelSpareWeights()
    let fixed = model.main.inputs.compactMap { input in
      entry.inputs[model.main[input].name].map { (name: model.main[input].name, sizes: $0) }
    }
    let dimensions = try OpenDimensions(model.main, fixed: fixed)
    return Profiler(model, dimensions: dimensions).profile(.init(threads: threads))
  }

  @Test func `the example is among the models`() {
    #expect(Oracle.names.filter { $0.hasPrefix("digits/") }.count == 10)
  }

  @Test(arguments: Oracle.names)
  func `counts are those of the oracle`(name: String) throws {
    let profile = try profile(name)
    let entry = try #require(Oracle.entries[name])
    #expect(profile.totals.multiplyAdds == entry.macs)
    #expect(profile.totals.parameters == entry.parameters)
    #expect(profile.totals.constantElements == entry.constantElements)
    #expect(profile.totals.uncounted == 0)
    #expect(!profile.findings.contains { $0.severity == .error })
    for (type, macs) in entry.macsByOperator {
      let row = profile.operatorTypes.first { $0.sourceType == type }
      #expect(row?.multiplyAdds == macs, "\(type)")
    }
  }

  @Test(arguments: Oracle.names)
  func `totals are the sums of the rows`(name: String) throws {
    let profile = try profile(name)
    let totals = profile.totals
    let rows = profile.operators
    #expect(totals.operators == rows.count)
    #expect(totals.multiplyAdds == rows.reduce(0) { $0 + ($1.multiplyAdds ?? 0) })
    #expect(totals.flops == rows.reduce(0) { $0 + ($1.flops ?? 0) })
    #expect(totals.activationBytes == rows.reduce(0) { $0 + ($1.activationBytes ?? 0) })
    #expect(totals.counted + totals.approximated + totals.uncounted == rows.count)
    #expect(totals.peakLowerBoundBytes == rows.compactMap(\.liveBytes).max())
    #expect(profile.operatorTypes.reduce(0) { $0 + $1.count } == rows.count)
    #expect(profile.operatorTypes.reduce(0) { $0 + $1.weightBytes } <= totals.weightBytes)
    let weights = profile.constants.filter(\.isParameter)
    #expect(totals.parameters == weights.reduce(0) { $0 + $1.elements })
    #expect(totals.weightBytes == weights.reduce(0) { $0 + ($1.bytes ?? 0) })
    #expect(rows.map(\.index) == Array(rows.indices))
  }

  @Test(arguments: Oracle.names)
  func `every byte of the file has one label`(name: String) throws {
    let profile = try profile(name)
    #expect(profile.bytes.reduce(0) { $0 + $1.bytes } == profile.totals.fileBytes)
    #expect(!profile.bytes.contains { $0.category == .unattributed })
    #expect(profile.totals.fileBytes == profile.model.fileBytes)
  }

  @Test(arguments: Oracle.names)
  func `the number of threads changes nothing`(name: String) throws {
    let one = try profile(name, threads: 1)
    for threads in [2, 3] {
      let other = try profile(name, threads: threads)
      #expect(other.constants.map(\.statistics) == one.constants.map(\.statistics))
    }
    #expect(one.constants.allSatisfy { $0.statistics != nil || $0.bytes == nil })
  }
}
