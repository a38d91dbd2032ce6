import Testing

@testable import Planning

@Suite struct BudgetTests {
  @Test(arguments: [
    ("size<=5MB", BudgetFigure.size, Budget.Limit.absolute(5_000_000)),
    ("memory<=100MiB", .arena, .absolute(104_857_600)),
    ("arena <= 96 KiB", .arena, .absolute(98_304)),
    ("latency<=50ms", .latency, .absolute(50_000_000)),
    ("macs<=300M", .macs, .absolute(300_000_000)),
    ("size<=25%", .size, .relative(0.25)),
    ("accuracy>=95%", .accuracy, .relative(0.95)),
    ("weights<=12.5%", .weights, .relative(0.125)),
    ("divergence<=0.05", .divergence, .absolute(0.05)),
  ])
  func `a budget says what it bounds`(text: String, figure: BudgetFigure, limit: Budget.Limit)
    throws
  {
    let budget = try Budget(text)
    #expect(budget.figure == figure)
    #expect(budget.limit == limit)
  }

  @Test(arguments: [
    ("sice<=5MB", "did you mean \"size\"?"),
    ("size<=5", "units: B, kB"),
    ("size<=5mb", "did you mean MB?"),
    ("size>=5MB", "write \"size<=5MB\""),
    ("accuracy<=95%", "write \"accuracy>=95%\""),
    ("accuracy>=0.95", "accuracy is a share"),
    ("divergence<=5%", "write a number"),
    ("size=5MB", "budgets are like"),
    ("size", "budgets are like"),
    ("", "budgets are like"),
    ("size<", "budgets are like"),
  ])
  func `a wrong budget says the way out`(text: String, hint: String) {
    let error = #expect(throws: PlanningError.self) { try Budget(text) }
    #expect(error?.hint?.contains(hint) == true, "\(String(describing: error))")
    #expect(error?.code == .usage)
  }

  @Test(arguments: ["size<=200%", "size<=0%", "divergence<=-1", "divergence<=nan", "macs<=5MB"])
  func `a limit that nothing can mean is refused`(text: String) {
    #expect(throws: PlanningError.self) { try Budget(text) }
  }

  @Test func `two limits for one figure contradict each other`() throws {
    let budgets = [try Budget("size<=5MB"), try Budget("size<=25%")]
    let error = #expect(throws: PlanningError.self) {
      try BudgetSet(budgets, originals: [.size: 10_000_000])
    }
    #expect(error?.message.contains("contradict") == true)
    // A quarter of 20 MB is the same 5 MB.
    let same = try BudgetSet(budgets, originals: [.size: 20_000_000])
    #expect(same.entries.count == 1)
  }

  @Test func `a figure of the model that is unknown is an error`() throws {
    let budget = try Budget("latency<=50ms")
    let error = #expect(throws: PlanningError.self) {
      try BudgetSet([budget], originals: [.size: 1])
    }
    #expect(error?.hint?.contains("--target") == true)
  }

  @Test func `budgets that are met already are refused`() throws {
    let met = try BudgetSet([try Budget("size<=5MB")], originals: [.size: 5_000_000])
    #expect(throws: PlanningError.self) { try met.requireWork() }
    let above = try BudgetSet([try Budget("size<=5MB")], originals: [.size: 5_000_001])
    try above.requireWork()
  }
}
