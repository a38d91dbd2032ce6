#include <math.h>

#include "include/ck_quantized.h"

void ck_quantize_multiplier(double real, int32_t *multiplier, int32_t *shift) {
  int exponent = 0;
  // Halves round away from zero, as `round` does.
  int64_t fixed = (int64_t)round(frexp(real, &exponent) * 0x1p31);
  if (fixed == (int64_t)1 << 31) {
    fixed /= 2;
    exponent++;
  }
  bool vanishes = fixed == 0 || exponent < -31;
  *multiplier = vanishes ? 0 : (int32_t)fixed;
  *shift = vanishes ? 0 : exponent;
}

int32_t ck_scale_fixed_point(int32_t value, int32_t multiplier, int32_t shift) {
  int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  int32_t shifted = left > 31 ? 0 : (int32_t)((uint32_t)value << left);
  int64_t product = (int64_t)shifted * multiplier;
  int32_t high = (int32_t)((product + (1 << 30)) >> 31);
  int32_t mask = (int32_t)(((int64_t)1 << right) - 1);
  int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> right) + ((high & mask) > threshold ? 1 : 0);
}

int32_t ck_scale_fixed_point64(int64_t value, int32_t multiplier, int32_t shift) {
  int64_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
  int total = 15 - shift;
  return (int32_t)((value * reduced + ((int64_t)1 << (total - 1))) >> total);
}
