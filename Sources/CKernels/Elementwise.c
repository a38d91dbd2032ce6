#include "Tables.h"

void ck_unary_f32(ck_isa isa, ck_unary function, const float *in, float *out, size_t count) {
  ck_table_of(isa)->unary(function, in, out, count);
}

void ck_binary_f32(ck_isa isa, ck_binary function, ck_operand a, ck_operand b, float lower,
                   float upper, float *out, size_t rows, size_t columns) {
  // Operands without gaps or repeats are one long row.
  if (a.column_stride == 1 && b.column_stride == 1 && a.row_stride == columns &&
      b.row_stride == columns) {
    columns *= rows;
    rows = 1;
  }
  ck_table_of(isa)->binary(function, a, b, lower, upper, out, rows, columns);
}

void ck_scale_shift_f32(ck_isa isa, const float *in, const float *scale, const float *shift,
                        float lower, float upper, float *out, size_t rows, size_t columns) {
  ck_table_of(isa)->scale_shift(in, scale, shift, lower, upper, out, rows, columns);
}

void ck_f16_to_f32(ck_isa isa, const uint16_t *in, float *out, size_t count) {
  ck_table_of(isa)->f16_to_f32(in, out, count);
}

void ck_f32_to_f16(ck_isa isa, const float *in, uint16_t *out, size_t count) {
  ck_table_of(isa)->f32_to_f16(in, out, count);
}

void ck_bf16_to_f32(ck_isa isa, const uint16_t *in, float *out, size_t count) {
  ck_table_of(isa)->bf16_to_f32(in, out, count);
}

void ck_f32_to_bf16(ck_isa isa, const float *in, uint16_t *out, size_t count) {
  ck_table_of(isa)->f32_to_bf16(in, out, count);
}

void ck_quantize_f32(ck_isa isa, const float *in, ck_affine affine, ck_output output, void *out,
                     size_t count) {
  ck_table_of(isa)->quantize(in, affine, output, out, count);
}

void ck_dequantize_f32(ck_isa isa, const void *in, ck_output input, ck_affine affine, float *out,
                       size_t count) {
  ck_table_of(isa)->dequantize(in, input, affine, out, count);
}

void ck_fake_quantize_f32(ck_isa isa, const float *in, ck_affine affine, float *out,
                          size_t count) {
  ck_table_of(isa)->fake_quantize(in, affine, out, count);
}

void ck_fake_quantize_channels_f32(ck_isa isa, const float *in, const ck_affine *affines,
                                   float *out, size_t outer, size_t channels, size_t inner) {
  const ck_table *table = ck_table_of(isa);
  for (size_t o = 0; o < outer; o++) {
    for (size_t c = 0; c < channels; c++, in += inner, out += inner)
      table->fake_quantize(in, affines[c], out, inner);
  }
}

void ck_quantize_rows_symmetric(ck_isa isa, const float *in, int8_t *out, float *scales,
                                size_t rows, size_t columns) {
  ck_table_of(isa)->quantize_rows(in, out, scales, NULL, rows, columns);
}

void ck_quantize_rows_asymmetric(ck_isa isa, const float *in, int8_t *out, float *scales,
                                 int32_t *zero_points, size_t rows, size_t columns) {
  ck_table_of(isa)->quantize_rows(in, out, scales, zero_points, rows, columns);
}

void ck_reduce_f32(ck_isa isa, ck_reduction reduction, const float *in, float *out, size_t outer,
                   size_t reduced, size_t inner) {
  ck_table_of(isa)->reduce(reduction, in, out, outer, reduced, inner);
}

void ck_softmax_f32(ck_isa isa, const float *in, float *out, size_t rows, size_t columns,
                    float beta) {
  ck_table_of(isa)->softmax(in, out, rows, columns, beta);
}

void ck_log_softmax_f32(ck_isa isa, const float *in, float *out, size_t rows, size_t columns) {
  ck_table_of(isa)->log_softmax(in, out, rows, columns);
}

void ck_layer_norm_f32(ck_isa isa, const float *in, const float *scale, const float *shift,
                       float epsilon, float *out, size_t rows, size_t columns) {
  ck_table_of(isa)->layer_norm(in, scale, shift, epsilon, out, rows, columns);
}

void ck_group_norm_f32(ck_isa isa, const float *in, const float *scale, const float *shift,
                       float epsilon, float *out, size_t pixels, size_t channels, size_t groups,
                       float *scratch) {
  ck_table_of(isa)->group_norm(in, scale, shift, epsilon, out, pixels, channels, groups, scratch);
}
