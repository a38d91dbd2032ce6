import CKernels

/// What the processor can do at most, by a loop without memory accesses.
package enum Peak {
  /// Does about `rounds` rounds of float32 multiply-adds and returns how many it did.
  package static func float32MultiplyAdds(
    rounds: Int,
    instructionSet: InstructionSet = .active
  ) -> Int {
    ck_peak_f32(instructionSet.c, max(rounds, 0))
  }
}
