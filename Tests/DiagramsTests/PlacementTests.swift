import TestSupport
import Testing

@testable import Diagrams

/// Columns and rows; Graphviz itself runs in the tests of the command.
@Suite struct PlacementTests {
  private func sizes(_ diagram: Diagram) -> [Size] { diagram.nodes.map(NodeMetrics.size(of:)) }

  @Test func `a long chain is cut into columns of about the same height`() throws {
    let diagram = try diagram(Sample.chain(80), options: .init(folding: .never))
    let plan = ColumnPlan(diagram, sizes: sizes(diagram))
    #expect((4...9).contains(plan.columns.count))
    #expect(plan.columns.flatMap { $0 }.sorted() == Array(diagram.nodes.indices))
    let heights = plan.columns.dropLast().map(\.count)
    #expect((heights.max() ?? 0) - (heights.min() ?? 0) <= 2)
  }

  @Test func `a short chain is one column`() throws {
    let diagram = try diagram(Sample.chain(5))
    #expect(ColumnPlan(diagram, sizes: sizes(diagram)).columns.count == 1)
  }

  @Test func `columns are cut where few tensors cross`() throws {
    let diagram = try diagram(
      Sample.blocks(Array(repeating: 4, count: 20)),
      options: .init(folding: .never)
    )
    let plan = ColumnPlan(diagram, sizes: sizes(diagram))
    for (column, next) in zip(plan.columns.indices, plan.columns.indices.dropFirst()) {
      let crossing = Set(
        diagram.edges.filter {
          plan.columnOf[$0.source] <= column && plan.columnOf[$0.target] >= next
        }.map(\.source)
      )
      // Between blocks one tensor crosses; inside of one there are two.
      #expect(crossing.count == 1)
    }
  }

  @Test func `rows never overlap`() throws {
    let diagram = try diagram(
      Sample.blocks(Array(repeating: 4, count: 20)),
      options: .init(folding: .never)
    )
    for problem in ColumnProblems(diagram, sizes: sizes(diagram)).problems {
      let layout = LayeredLayout.layout(of: problem)
      let boxes = zip(problem.vertices, layout.centers).map { vertex, center in
        Rectangle(
          Point(center.x - vertex.size.width / 2, center.y - vertex.size.height / 2),
          vertex.size
        )
      }
      for first in boxes.indices {
        #expect(boxes[first].minX >= -0.01 && boxes[first].maxX <= layout.size.width + 0.01)
        for second in boxes.indices where second > first {
          let (a, b) = (boxes[first], boxes[second])
          let isApart =
            a.maxX <= b.minX + 0.01 || b.maxX <= a.minX + 0.01 || a.maxY <= b.minY + 0.01
            || b.maxY <= a.minY + 0.01
          #expect(isApart, "\(first) and \(second)")
        }
      }
    }
  }

  @Test(arguments: [
    "", "g bb 0,0,1", "g bb 0,0,10,10\nn v0 nan,1", "g bb 0,0,10,10\nn v7 1,1", "x y z",
    "g bb 0,0,10,10\nn v0 1", "n v0 1,1",
  ])
  func `answers that are not whole are refused`(answer: String) {
    var problem = ColumnProblem()
    problem.vertices = [.init(kind: .node(0), size: Size(10, 10), cluster: nil)]
    #expect(GraphvizLayout.layout(answer, of: problem, straight: false) == nil)
  }

  @Test func `an answer is read upside down`() {
    var problem = ColumnProblem()
    problem.vertices = [
      .init(kind: .node(0), size: Size(10, 10), cluster: nil),
      .init(kind: .node(1), size: Size(10, 10), cluster: nil),
    ]
    problem.lines = [.init(source: 0, target: 1, id: 0)]
    let layout = GraphvizLayout.layout(
      "g bb 0,0,20,100\nn v0 10,90\nn v1 10,10\ne e0 10,85 10,60 10,40 10,15\n",
      of: problem,
      straight: false
    )
    #expect(layout?.centers == [Point(10, 10), Point(10, 90)])
    #expect(layout?.ways == [[Point(10, 15), Point(10, 40), Point(10, 60), Point(10, 85)]])
  }
}
