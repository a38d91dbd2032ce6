import Kernels

// Prints the speed of each kernel on layers of well-known networks, beside the speed of a loop of
// multiply-adds without memory accesses. Arguments: instruction sets to measure (default: all).

let names = CommandLine.arguments.dropFirst()
for instructionSet in InstructionSet.available.reversed()
where names.isEmpty || names.contains("\(instructionSet)") {
  FloatBench(instructionSet: instructionSet).run()
  QuantizedBench(instructionSet: instructionSet).run()
}
