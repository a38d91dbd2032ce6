import AnalyzeCommands
import ByteIO
import FuzzSupport

/// What uses everything else.
package let targets: [FuzzTarget] = [
  FuzzTarget("pipeline", Pipeline.check),
  FuzzTarget("operators", OperatorCalls.check),
  FuzzTarget("kernels", KernelCalls.check),
  // Arguments are separated by line feeds; nothing is run.
  FuzzTarget("command-line") { bytes in
    let arguments = bytes.string.split(separator: "\n", omittingEmptySubsequences: false)
    guard let line = AnalyzeTool.refusal(of: arguments.map(String.init)) else { return }
    try promise(line.unicodeScalars.count <= 400, "a line of \(line.unicodeScalars.count)")
    try Escaping.checkLine(line)
  },
]
