/// Sites that are treated alike, and the ways to treat them.
package struct PlanGroup: Sendable, Equatable {
  /// What is changed at the sites.
  package enum Kind: String, Sendable, CaseIterable {
    case weights, activations, channels
  }

  /// One way, with what it makes of the group.
  package struct Choice: Sendable, Equatable {
    /// The action's name; `nil` leaves the sites as they are.
    package var action: String?
    /// Bytes of the weights afterwards.
    package var bytes: Int
    /// Multiply-adds that it takes off the model.
    package var savedMultiplyAdds: Int
    package var divergence: SensitivityTable.Interval
    /// Share of right answers that is lost; `nil` where it was not measured.
    package var accuracyDrop: Double?

    package init(
      action: String?,
      bytes: Int,
      savedMultiplyAdds: Int = 0,
      divergence: SensitivityTable.Interval,
      accuracyDrop: Double? = nil
    ) {
      self.action = action
      self.bytes = bytes
      self.savedMultiplyAdds = savedMultiplyAdds
      self.divergence = divergence
      self.accuracyDrop = accuracyDrop
    }
  }

  package var kind = Kind.weights
  /// Places in the table's sites.
  package var sites: [Int]
  /// The first leaves everything as it is.
  package var choices: [Choice]

  package init(kind: Kind = .weights, sites: [Int], choices: [Choice]) {
    self.kind = kind
    self.sites = sites
    self.choices = choices
  }

  /// The groups of a table: weights alone or tied.
  ///
  /// A tied group has the actions that all its members have; bytes and divergences are their sums. A
  /// measurement without bytes or divergence is no choice: unknown is not free.
  ///
  /// - Parameters:
  ///   - table: The measurements.
  ///   - originalMultiplyAdds: The model's own; `nil` where unknown.
  ///   - ties: Identifiers of sites that have to be treated alike; each site in one tie at most.
  ///   - allows: Whether an action may be used.
  /// - Returns: The groups in the order of their first sites; those without a choice are left out.
  package static func all(
    in table: SensitivityTable,
    originalMultiplyAdds: Int?,
    ties: [[String]] = [],
    allows: (String) -> Bool = { _ in true }
  ) -> [PlanGroup] {
    var byID: [String: Int] = [:]
    for (index, site) in table.sites.enumerated() { byID[site.id] = index }
    var leader: [Int: Int] = [:]
    for tie in ties {
      let members = tie.compactMap { byID[$0] }.sorted()
      for member in members { leader[member] = members.first }
    }
    var measured: [Int: [SensitivityTable.Measurement]] = [:]
    for measurement in table.measurements {
      measured[measurement.site, default: []].append(measurement)
    }
    var result: [PlanGroup] = []
    for first in table.sites.indices
    where table.sites[first].kind == "weights" && (leader[first] ?? first) == first {
      let members = table.sites.indices.filter { (leader[$0] ?? $0) == first }
      guard let before = sum(members.map { table.sites[$0].bytes }) else { continue }
      let keep = Choice(
        action: nil,
        bytes: before,
        divergence: .init(mean: 0, low: 0, high: 0),
        accuracyDrop: 0
      )
      var choices = [keep]
      for candidate in measured[first] ?? [] where allows(candidate.action) {
        let all = members.compactMap { member in
          measured[member]?.first { $0.action == candidate.action }
        }
        guard all.count == members.count, let bytes = sum(all.map(\.bytes)) else { continue }
        let divergences = all.compactMap(\.divergence)
        guard divergences.count == all.count else { continue }
        choices.append(
          Choice(
            action: candidate.action,
            bytes: bytes,
            savedMultiplyAdds: originalMultiplyAdds.map { original in
              all.reduce(0) { $0 + (original - ($1.multiplyAdds ?? original)) }
            } ?? 0,
            divergence: sum(divergences),
            accuracyDrop: drop(all, table)
          )
        )
      }
      if choices.count > 1 { result.append(PlanGroup(sites: members, choices: choices)) }
    }
    return result
  }

  static func sum(_ intervals: [SensitivityTable.Interval]) -> SensitivityTable.Interval {
    .init(
      mean: intervals.reduce(0) { $0 + $1.mean },
      low: intervals.reduce(0) { $0 + $1.low },
      high: intervals.reduce(0) { $0 + $1.high }
    )
  }

  /// The accuracy that measurements lose together; `nil` where it was not measured.
  static func drop(_ all: [SensitivityTable.Measurement], _ table: SensitivityTable) -> Double? {
    guard let baseline = table.baselineAccuracy else { return nil }
    let known = all.compactMap(\.accuracy)
    guard known.count == all.count else { return nil }
    // A gain on a few hundred samples is chance: it pays for nothing else.
    return known.reduce(0) { $0 + max(0, baseline - $1) }
  }

  private static func sum(_ values: [Int?]) -> Int? {
    var total = 0
    for value in values {
      guard let value else { return nil }
      let (sum, overflows) = total.addingReportingOverflow(value)
      guard !overflows else { return nil }
      total = sum
    }
    return total
  }
}
