import CKernels

/// An instruction set the kernels are compiled for.
package enum InstructionSet: UInt32, CaseIterable, Sendable {
  /// The compiler's 16-byte vectors: SSE2 on x86-64, NEON on arm64.
  case portable = 0
  /// AVX2 with FMA and F16C.
  case avx2 = 1
  /// AVX-512 F, BW, DQ, VL and VNNI.
  case avx512 = 2

  var c: ck_isa { ck_isa(rawValue) }

  /// The instruction sets this processor and this build can run.
  package static var available: [InstructionSet] { allCases.filter { ck_isa_supported($0.c) } }

  /// The one used unless a call names another: the best available, or the one that the
  /// environment variable `ANALYZE_KERNELS` names (`portable`, `avx2`, `avx512`).
  ///
  /// The variable is read once for each process.
  package static var active: InstructionSet {
    InstructionSet(rawValue: ck_isa_active().rawValue) ?? .portable
  }
}
