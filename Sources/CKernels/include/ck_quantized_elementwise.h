// Functions of 8-bit quantized values that are not products with weights.
//
// Integers are those of TensorFlow Lite's reference kernels (`internal/reference/add.h`, `mul.h`,
// `fully_connected.h`).

#ifndef CK_QUANTIZED_ELEMENTWISE_H
#define CK_QUANTIZED_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_isa.h"
#include "ck_quantized.h"

/// A factor in fixed point: `multiplier * 2^(shift - 31)`.
typedef struct {
  int32_t multiplier, shift;
} ck_fixed_point;

/// Zero points, factors and bounds of a function of two operands of one type.
typedef struct {
  /// `CK_INT8` or `CK_UINT8`, of operands and result.
  ck_element element;
  int32_t left_zero, right_zero;
  /// Sums: both operands, less their zero points, are shifted left and scaled.
  int32_t left_shift;
  ck_fixed_point left, right;
  bool subtracts;
  /// What the sum or the product is scaled by.
  ck_fixed_point factor;
  int32_t zero, lower, upper;
} ck_quantized_pair;

/// An operand of `[rows, columns]` bytes; strides as in `ck_operand`.
typedef struct {
  const uint8_t *data;
  size_t row_stride, column_stride;
} ck_byte_operand;

/// out = clamp(scale(scale(left - zero) +- scale(right - zero)) + zero).
void ck_sum_q8(ck_isa isa, const ck_quantized_pair *pair, ck_byte_operand left,
               ck_byte_operand right, uint8_t *out, size_t rows, size_t columns);

/// out = clamp(scale((left - zero) * (right - zero)) + zero).
void ck_product_q8(ck_isa isa, const ck_quantized_pair *pair, ck_byte_operand left,
                   ck_byte_operand right, uint8_t *out, size_t rows, size_t columns);

/// out[i] = table[in[i]], the bytes as unsigned indices into 256 entries.
void ck_lookup_u8(const uint8_t *in, const uint8_t *table, uint8_t *out, size_t count);

/// out[i] = table[in[i]] for a table of floats.
void ck_lookup_f32(const uint8_t *in, const float *table, float *out, size_t count);

/// Sums the middle axis of `[outer, reduced, inner]` bytes (`CK_INT8` or `CK_UINT8`), wrapping.
void ck_reduce_sum_q8(ck_element element, const void *in, int32_t *out, size_t outer,
                      size_t reduced, size_t inner);

/// out = clamp(round(sum * scale[c]) + zero), in double precision, halves away from zero: fully
/// connected layers. `scales` has one entry or one for each column.
void ck_scale_sums_f64(const int32_t *sums, const double *scales, size_t scale_count, int32_t zero,
                       int32_t lower, int32_t upper, uint8_t *out, size_t rows, size_t columns);

#endif
