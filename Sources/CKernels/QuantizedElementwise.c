#include <string.h>

#include "Tables.h"

void ck_sum_q8(ck_isa isa, const ck_quantized_pair *pair, ck_byte_operand left,
               ck_byte_operand right, uint8_t *out, size_t rows, size_t columns) {
  ck_table_of(isa)->sum_q8(pair, left, right, out, rows, columns);
}

void ck_product_q8(ck_isa isa, const ck_quantized_pair *pair, ck_byte_operand left,
                   ck_byte_operand right, uint8_t *out, size_t rows, size_t columns) {
  ck_table_of(isa)->product_q8(pair, left, right, out, rows, columns);
}

void ck_lookup_u8(const uint8_t *in, const uint8_t *table, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = table[in[i]];
}

void ck_lookup_f32(const uint8_t *in, const float *table, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = table[in[i]];
}

#define REDUCE(TYPE)                                                                         \
  static void reduce_##TYPE(const TYPE *in, int32_t *out, size_t outer, size_t reduced,       \
                            size_t inner) {                                                  \
    for (size_t o = 0; o < outer; o++, out += inner) {                                       \
      memset(out, 0, inner * sizeof *out);                                                   \
      for (size_t r = 0; r < reduced; r++, in += inner)                                      \
        for (size_t i = 0; i < inner; i++) out[i] = (int32_t)((uint32_t)out[i] + (uint32_t)in[i]); \
    }                                                                                        \
  }
REDUCE(int8_t)
REDUCE(uint8_t)
#undef REDUCE

void ck_reduce_sum_q8(ck_element element, const void *in, int32_t *out, size_t outer,
                      size_t reduced, size_t inner) {
  if (element == CK_INT8) {
    reduce_int8_t(in, out, outer, reduced, inner);
  } else {
    reduce_uint8_t(in, out, outer, reduced, inner);
  }
}

/// Rounds to nearest, halves away from zero, and keeps to 32 bits.
static int32_t round_away(double value) {
  if (value >= 2147483647.0) return INT32_MAX;
  if (value <= -2147483648.0) return INT32_MIN;
  int32_t whole = (int32_t)value;
  double rest = value - whole;
  return whole + (rest >= 0.5) - (rest <= -0.5);
}

void ck_scale_sums_f64(const int32_t *sums, const double *scales, size_t scale_count, int32_t zero,
                       int32_t lower, int32_t upper, uint8_t *out, size_t rows, size_t columns) {
  size_t step = scale_count == 1 ? 0 : 1;
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < columns; c++) {
      int64_t value = (int64_t)round_away(*sums++ * scales[c * step]) + zero;
      value = value < lower ? lower : value;
      *out++ = (uint8_t)(value > upper ? upper : value);
    }
  }
}
