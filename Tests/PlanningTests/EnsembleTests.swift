import Testing

@testable import Planning

/// Ensembles of made-up answers, counted by hand.
@Suite struct EnsembleTests {
  /// Scores that make each answer the greatest by a margin.
  private func member(_ name: String, _ answers: [Int], bytes: Int = 100, margin: Double = 1)
    -> Ensemble.Member
  {
    .init(
      name: name,
      bytes: bytes,
      scores: answers.map { answer in (0..<3).map { $0 == answer ? margin : 0 } }
    )
  }

  private let labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]

  @Test func `twins are merged into the smaller`() throws {
    var other = labels
    for place in 0..<5 { other[place] = (other[place] + 1) % 3 }
    let advice = Ensemble(
      [member("a", labels), member("b", labels, bytes: 50), member("c", other)],
      labels: nil
    ).advice()
    let merging = try #require(advice.first { $0.step == .mergeMembers })
    #expect(merging.sites == ["b", "a"])
    #expect(merging.evidence.value == 1)
    #expect(advice.count { $0.step == .mergeMembers } == 1)
  }

  @Test func `a member that only disturbs is dropped`() throws {
    // "c" outvotes the right answers of the others in five of ten samples.
    var wrong = labels
    for place in 0..<5 { wrong[place] = (wrong[place] + 1) % 3 }
    let members = [
      member("a", labels), member("b", labels), member("c", wrong, margin: 3),
    ]
    let drop = try #require(
      Ensemble(members, labels: labels).advice().first { $0.step == .dropMember }
    )
    #expect(drop.sites == ["c"])
    #expect(drop.evidence.value == 1)
    #expect(drop.evidence.limit == 0.5)
  }

  @Test func `members that need each other stay`() {
    // Each is wrong where the two others are right; of two that differ the first class counts, which is
    // the wrong one.
    let right = Array(repeating: 2, count: 9)
    let members = (0..<3).map { index in
      member("m\(index)", right.indices.map { $0 % 3 == index ? 0 : 2 })
    }
    let advice = Ensemble(members, labels: right).advice()
    #expect(!advice.contains { $0.step == .mergeMembers })
    #expect(!advice.contains { $0.step == .dropMember })
  }

  @Test func `one model is no ensemble`() {
    #expect(Ensemble([member("a", labels)], labels: labels).advice().isEmpty)
    #expect(Ensemble([], labels: nil).advice().isEmpty)
    #expect(Ensemble([member("a", []), member("b", [])], labels: nil).advice().isEmpty)
  }
}
