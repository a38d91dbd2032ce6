import Profiling

/// Several models that answer together, by the mean of their scores.
package struct Ensemble: Sendable {
  /// One of them.
  package struct Member: Sendable {
    package var name: String
    /// Bytes of its file.
    package var bytes: Int
    /// Its scores for each sample, one for each class.
    package var scores: [[Double]]

    package init(name: String, bytes: Int, scores: [[Double]]) {
      self.name = name
      self.bytes = bytes
      self.scores = scores
    }
  }

  /// Members with at least this share of equal answers are as good as one.
  package static let enoughAgreement = 0.99

  private let members: [Member]
  private let labels: [Int]?

  /// - Parameters:
  ///   - members: With equally many samples and classes.
  ///   - labels: The right class of each sample, where it is known.
  package init(_ members: [Member], labels: [Int]?) {
    self.members = members
    self.labels = labels
  }

  /// Which members one can do without, by what their answers showed.
  ///
  /// A pair that answers alike is merged into its smaller member. A member is dropped where the others
  /// answer at least as well without it; without labels, where their answers stay the same. Of several
  /// the one is named whose absence serves best, then the largest.
  package func advice() -> [TrainingAdvice] {
    guard members.count > 1, let samples = members.first?.scores.count, samples > 0 else {
      return []
    }
    return merging() + dropping()
  }

  private static func answer(_ scores: [Double]) -> Int {
    // Of equal scores the first class counts.
    scores.indices.max { scores[$0] == scores[$1] ? $0 > $1 : scores[$0] < scores[$1] } ?? 0
  }

  private func answers(without left: Int? = nil) -> [Int] {
    let kept = members.indices.filter { $0 != left }
    return (members.first?.scores.indices ?? 0..<0).map { sample in
      var sums = members[kept[0]].scores[sample]
      for member in kept.dropFirst() {
        for (place, score) in members[member].scores[sample].enumerated() { sums[place] += score }
      }
      return Self.answer(sums)
    }
  }

  private static func agreement(_ left: [Int], _ right: [Int]) -> Double {
    Double(zip(left, right).count { $0 == $1 }) / Double(max(left.count, 1))
  }

  private func merging() -> [TrainingAdvice] {
    let own = members.map { $0.scores.map(Self.answer) }
    var result: [TrainingAdvice] = []
    for first in members.indices {
      for second in members.indices where second > first {
        let agreement = Self.agreement(own[first], own[second])
        guard agreement >= Self.enoughAgreement else { continue }
        let kept = members[second].bytes < members[first].bytes ? second : first
        let other = kept == first ? second : first
        result.append(
          TrainingAdvice(
            .mergeMembers,
            evidence: .init(
              origin: .members,
              figure: "agreement",
              value: agreement,
              limit: Self.enoughAgreement,
              isBudget: false
            ),
            reason: "\(members[first].name) and \(members[second].name) give the same answer to"
              + " \(Quantity.percent(agreement)) of \(own[first].count) samples:"
              + " \(members[kept].name) serves for both",
            sites: [members[kept].name, members[other].name]
          )
        )
      }
    }
    return result
  }

  private func dropping() -> [TrainingAdvice] {
    let whole = answers()
    var best: (member: Int, value: Double)?
    let limit: Double
    if let labels { limit = Self.agreement(whole, labels) } else { limit = Self.enoughAgreement }
    for member in members.indices {
      let rest = answers(without: member)
      let value = Self.agreement(rest, labels ?? whole)
      guard value >= limit else { continue }
      let isBetter = best.map { known in
        value > known.value
          || value == known.value && members[member].bytes > members[known.member].bytes
      }
      if isBetter ?? true { best = (member, value) }
    }
    guard let best else { return [] }
    let name = members[best.member].name
    return [
      TrainingAdvice(
        .dropMember,
        evidence: .init(
          origin: .members,
          figure: labels == nil ? "agreement" : "accuracy",
          value: best.value,
          limit: limit,
          isBudget: false
        ),
        reason: labels == nil
          ? "without \(name) \(Quantity.percent(best.value)) of the answers stay the same"
          : "without \(name) the others are right in \(Quantity.percent(best.value)), with it in"
            + " \(Quantity.percent(limit)) of \(whole.count) samples",
        sites: [name]
      )
    ]
  }
}
