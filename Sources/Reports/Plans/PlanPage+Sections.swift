import Planning
import Profiling

extension PlanPage {
  // MARK: - Front

  func front() -> [PageSection] {
    let front = PlanFront(plan)
    guard !plan.front.isEmpty, let body = front.chart().body else { return [] }
    return [
      .html(
        "front",
        "Other plans",
        note: "The least predicted divergence for each size, whatever the budgets. Choose a point,"
          + " and the table of layers shows that plan.",
        body
          + PageSection.staticTable(
            PlanFront.columns,
            front.rows(),
            caption: "The least divergence for each size"
          )
      )
    ]
  }

  // MARK: - Search and verification

  func verification() -> [PageSection] {
    guard plan.search != nil || plan.verified != nil else { return [] }
    var text = ""
    if let search = plan.search {
      text += paragraph(
        "The search solved by prediction and simulated the whole plan on"
          + " \(Quantity.grouped(search.samples)) samples in turn,"
          + (search.agrees
            ? " until the two agreed."
            : search.isCutShort ? " until its time was up." : " and took the best plan.")
          + (search.uniform.map { " \($0) everywhere was better than every solution." } ?? "")
      )
      let rounds = search.rounds.enumerated().map { place, round in
        [
          String(place + 1), Quantity.significant(round.predicted),
          Quantity.significant(round.simulated), String(round.changed), String(round.trials),
          round.keepsBudgets ? "yes" : "no",
        ]
      }
      text += PageSection.staticTable(
        [
          PageColumn("round"), PageColumn("predicted", isNumeric: true),
          PageColumn("simulated", isNumeric: true), PageColumn("sites changed", isNumeric: true),
          PageColumn("trials", isNumeric: true), PageColumn("keeps the budgets"),
        ],
        rounds,
        caption: "Rounds of the search"
      )
      if !search.corrections.isEmpty {
        let corrections = search.corrections.map { correction in
          [
            label(correction.site), correction.action,
            "× " + Quantity.significant(correction.factor),
          ]
        }
        text += "<h3>Corrections</h3>\n"
        text += paragraph("What a site costs in the plan, as a multiple of what it costs alone.")
        text += PageSection.staticTable(
          [
            PageColumn("site"), PageColumn("action"), PageColumn("factor", isNumeric: true),
          ],
          corrections,
          caption: "Corrections of the prediction"
        )
      }
    }
    if let verified = plan.verified { text += self.verified(verified) }
    return [.html("verification", "Search and verification", text)]
  }

  /// The layer's name of a site, or its tensor's.
  private func label(_ site: String) -> String {
    let layer = plan.layers.first { $0.site == site }
    return Columns.shortened(layer?.layer ?? layer?.tensor ?? site, to: 120)
  }

  private func paragraph(_ text: String) -> String {
    "<p class=\"note\">\(XMLText.escaped(text))</p>\n"
  }

  private func verified(_ verified: PlanVerification) -> String {
    let excess: String? = verified.excess.map { excess in
      switch excess {
      case .interval: "it lost more than was predicted"
      case .floor: "it missed the floor"
      }
    }
    let end = verified.isKept ? "it now keeps what was predicted and asked for" : "it still does"
    let sentence =
      excess.map { excess in
        verified.repairs.isEmpty
          ? "On unseen samples \(excess)."
          : "On unseen samples \(excess); \(verified.repairs.count) actions were taken back, \(end)."
      } ?? "On \(verified.samples) unseen samples the plan keeps what was predicted and asked for."
    var text = "<h3>Verification</h3>\n<p class=\"note\">\(XMLText.escaped(sentence))</p>\n"
    guard !verified.repairs.isEmpty else { return text }
    text += PageSection.staticTable(
      [
        PageColumn("site"), PageColumn("action"), PageColumn("now"),
        PageColumn("bytes", isNumeric: true), PageColumn("divergence before", isNumeric: true),
        PageColumn("after", isNumeric: true),
      ],
      verified.repairs.map { repair in
        [
          label(repair.site), repair.action, repair.replacement ?? "keep",
          Quantity.bytes(repair.bytes), Quantity.significant(repair.divergenceBefore),
          Quantity.significant(repair.divergenceAfter),
        ]
      },
      caption: "Repairs"
    )
    return text
  }

  // MARK: - Training

  func training() -> [PageSection] {
    guard !plan.training.isEmpty else { return [] }
    var text = "<ul class=\"findings\">\n"
    for advice in plan.training {
      let settings = advice.settings.map(PlanTraining.words).joined(separator: " · ")
      text += "<li class=\"warning\"><b>\(XMLText.escaped(advice.step.title))</b>: "
      text += XMLText.escaped(advice.reason)
      if !settings.isEmpty {
        text += "<br/><span class=\"fix\">\(XMLText.escaped(settings))</span>"
      }
      text += "</li>\n"
    }
    return [
      .html(
        "training",
        "What could win it back",
        note:
          "Steps that the measurements call for. The scripts train the uncompressed model for the"
          + " same number of epochs as a control.",
        text + "</ul>"
      )
    ]
  }

  // MARK: - Budgets

  func budgets() -> [PageSection] {
    if let infeasibility = plan.infeasibility {
      let rows = infeasibility.figures.map { figure in
        [
          Self.title(figure.figure), PlanFigure.text(figure.figure, figure.limit),
          PlanFigure.text(figure.figure, figure.reachable),
          figure.nearest.map { PlanFigure.text(figure.figure, $0) } ?? "unknown",
          figure.isBinding ? "cannot be kept" : "with the others",
        ]
      }
      return [
        .rows(
          "budgets",
          "Budgets",
          note: "No plan keeps them all: what each figure can reach alone, and the nearest limits"
            + " that can be met together.",
          columns: [
            PageColumn("figure"), PageColumn("asked", isNumeric: true),
            PageColumn("reachable alone", isNumeric: true),
            PageColumn("nearest together", isNumeric: true), PageColumn(""),
          ],
          rows
        )
      ]
    }
    guard !plan.budgets.entries.isEmpty else { return [] }
    let rows = plan.budgets.entries.map { entry in
      let figure = entry.budget.figure
      let marginal = plan.marginals.first { $0.figure == figure }
      let value =
        figure == .divergence
        ? (plan.verified?.divergence ?? plan.divergence)?.mean
        : plan.verified?.figures[figure] ?? plan.predicted[figure]
      let bought =
        marginal.map { marginal in
          guard marginal.binds else { return "nothing" }
          return plan.goal == .size
            ? Quantity.bytes(Int(marginal.gain))
            : Quantity.significant(marginal.gain) + " of divergence"
        } ?? "–"
      return [
        entry.budget.text, PlanFigure.text(figure, entry.limit),
        entry.original.map { PlanFigure.text(figure, $0) } ?? "–",
        value.map { PlanFigure.text(figure, $0) } ?? "–", marginal?.binds == true ? "yes" : "no",
        marginal.map { "\(PlanFigure.text(figure, $0.step)) buys \(bought)" } ?? "–",
      ]
    }
    return [
      .rows(
        "budgets",
        "Budgets",
        columns: [
          PageColumn("budget"), PageColumn("limit", isNumeric: true),
          PageColumn("original", isNumeric: true), PageColumn("plan", isNumeric: true),
          PageColumn("binds"), PageColumn("one percent more"),
        ],
        rows
      )
    ]
  }

  // MARK: - Recipes

  func recipes() -> [PageSection] {
    guard !files.isEmpty else { return [] }
    let rows = files.flatMap { file -> [[String]] in
      guard !file.expected.isEmpty else { return [[file.path, "–", "–"]] }
      return file.expected.map { [file.path, $0.variant, Quantity.bytes($0.bytes)] }
    }
    return [
      .rows(
        "recipes",
        "Recipes",
        note:
          "Scripts for the field's own tools, beside this page; each says in its head what its tool"
          + " cannot express.",
        columns: [
          PageColumn("script"), PageColumn("variant"),
          PageColumn("expected file", isNumeric: true),
        ],
        rows
      )
    ]
  }
}
