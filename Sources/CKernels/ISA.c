#include "Tables.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

bool ck_isa_supported(ck_isa isa) {
  switch (isa) {
    case CK_ISA_PORTABLE:
      return true;
#if defined(__x86_64__)
    case CK_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
    case CK_ISA_AVX512:
      return ck_isa_supported(CK_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#endif
    default:
      return false;
  }
}

const char *ck_isa_name(ck_isa isa) {
  switch (isa) {
    case CK_ISA_AVX512:
      return "avx512";
    case CK_ISA_AVX2:
      return "avx2";
    default:
      return "portable";
  }
}

// An unknown or unsupported wish means the best, not silently the slowest.
static ck_isa choose(void) {
  const char *wish = getenv("ANALYZE_KERNELS");
  ck_isa best = CK_ISA_PORTABLE;
  for (int i = CK_ISA_PORTABLE; i <= CK_ISA_AVX512; i++) {
    ck_isa isa = (ck_isa)i;
    if (!ck_isa_supported(isa)) continue;
    if (wish != NULL && strcmp(wish, ck_isa_name(isa)) == 0) return isa;
    best = isa;
  }
  return best;
}

ck_isa ck_isa_active(void) {
  // Racing first calls compute the same value, so a relaxed store is enough.
  static atomic_int cached = -1;
  int isa = atomic_load_explicit(&cached, memory_order_relaxed);
  if (isa < 0) {
    isa = choose();
    atomic_store_explicit(&cached, isa, memory_order_relaxed);
  }
  return (ck_isa)isa;
}

size_t ck_peak_f32(ck_isa isa, size_t rounds) { return ck_table_of(isa)->peak_f32(rounds); }
