// The instruction sets the kernels are compiled for, and which one this process uses.

#ifndef CK_ISA_H
#define CK_ISA_H

#include <stdbool.h>

/// An instruction set, in ascending order of preference.
typedef enum {
  /// The compiler's 16-byte vectors: SSE2 on x86-64, NEON on arm64.
  CK_ISA_PORTABLE = 0,
  /// AVX2 with FMA and F16C.
  CK_ISA_AVX2 = 1,
  /// AVX-512 F, BW, DQ, VL and VNNI.
  CK_ISA_AVX512 = 2,
} ck_isa;

/// Returns whether this processor and this build can run kernels of `isa`.
bool ck_isa_supported(ck_isa isa);

/// Returns the instruction set to use where the caller has no wish of its own.
///
/// The best one supported, or the one named by the environment variable `ANALYZE_KERNELS`
/// (`portable`, `avx2` or `avx512`) if it is supported. The variable is read on the first call;
/// later calls and other threads see the same answer.
ck_isa ck_isa_active(void);

/// Returns the name of `isa` as `ANALYZE_KERNELS` spells it.
const char *ck_isa_name(ck_isa isa);

#endif
