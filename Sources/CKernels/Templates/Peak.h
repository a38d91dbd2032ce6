// The ceiling of the multiply-add units: independent sums, no memory.

enum { PEAK_SUMS = 12 };

static size_t CK_NAME(peak_f32)(size_t rounds) {
  vf sum[PEAK_SUMS], x = vf_splat(0.5f), y = vf_splat(0.25f);
  for (size_t i = 0; i < PEAK_SUMS; i++) sum[i] = vf_splat((float)i);
  for (size_t n = 0; n < rounds; n++) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < PEAK_SUMS; i++) {
      sum[i] = vf_fma(sum[i], x, y);
      // Keeps every sum in a register and every round in the loop.
      __asm__ volatile("" : CK_REGISTER(sum[i]));
    }
  }
  return rounds * PEAK_SUMS * CK_LANES;
}
