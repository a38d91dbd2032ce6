// Functions of one or two float32 values, and conversions between number formats.
//
// All take the instruction set first. Inputs may equal the output, but must not overlap otherwise.

#ifndef CK_ELEMENTWISE_H
#define CK_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

#include "ck_isa.h"
#include "ck_quantized.h"

/// A function of one value. NaN gives NaN.
///
/// Errors against the exact value, found by testing all of a dense sample of inputs: exp, tanh,
/// sigmoid and erf at most 2 units in the last place where the result is normal; gelu, gelu_tanh
/// and silu at most 4 units in the last place of the larger of |x| and the result.
typedef enum {
  CK_EXP = 0,
  CK_TANH,
  /// 1 / (1 + exp(-x)).
  CK_SIGMOID,
  CK_ERF,
  /// x / 2 * (1 + erf(x / sqrt(2))) (Hendrycks and Gimpel 2016).
  CK_GELU,
  /// Its approximation x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
  CK_GELU_TANH,
  /// x * sigmoid(x).
  CK_SILU,
  /// x * clamp(x + 3, 0, 6) / 6 (Howard et al. 2019).
  CK_HARD_SWISH,
  CK_SQRT,
  /// 1 / sqrt(x).
  CK_RSQRT,
  CK_ABS,
  CK_NEGATE,
  CK_SQUARE,
  CK_RECIPROCAL,
  CK_UNARY_COUNT,
} ck_unary;

/// out[i] = f(in[i]).
void ck_unary_f32(ck_isa isa, ck_unary function, const float *in, float *out, size_t count);

/// A function of two values. Minimum and maximum are NaN if the first operand is, and the first
/// operand if the second is NaN.
typedef enum {
  CK_ADD = 0,
  CK_SUBTRACT,
  CK_MULTIPLY,
  CK_DIVIDE,
  CK_MINIMUM,
  CK_MAXIMUM,
  CK_SQUARED_DIFFERENCE,
  CK_BINARY_COUNT,
} ck_binary;

/// An operand of `[rows, columns]` elements, or one that repeats along one or both of them.
///
/// Strides (row, column): same shape (columns, 1), scalar (0, 0), one row for all (0, 1), one value
/// for each row (1, 0).
typedef struct {
  const float *data;
  /// Elements between rows.
  size_t row_stride;
  /// 1, or 0 to repeat the row's first value.
  size_t column_stride;
} ck_operand;

/// out[r, c] = clamp(f(a[r, c], b[r, c]), lower, upper); `out` has no gaps between rows.
void ck_binary_f32(ck_isa isa, ck_binary function, ck_operand a, ck_operand b, float lower,
                   float upper, float *out, size_t rows, size_t columns);

/// out[r, c] = clamp(in[r, c] * scale[c] + shift[c], lower, upper): batch normalisation over NHWC.
void ck_scale_shift_f32(ck_isa isa, const float *in, const float *scale, const float *shift,
                        float lower, float upper, float *out, size_t rows, size_t columns);

/// IEEE 754 half precision to float32, exact.
void ck_f16_to_f32(ck_isa isa, const uint16_t *in, float *out, size_t count);

/// float32 to half precision, to nearest even; too large gives infinity.
void ck_f32_to_f16(ck_isa isa, const float *in, uint16_t *out, size_t count);

/// bfloat16 to float32, exact.
void ck_bf16_to_f32(ck_isa isa, const uint16_t *in, float *out, size_t count);

/// float32 to bfloat16, to nearest even.
void ck_f32_to_bf16(ck_isa isa, const float *in, uint16_t *out, size_t count);

/// How a real value is rounded to a quantum.
typedef enum {
  /// Halves to the even one: ONNX QuantizeLinear.
  CK_ROUND_EVEN = 0,
  /// Halves away from zero: TensorFlow Lite's QUANTIZE.
  CK_ROUND_AWAY = 1,
} ck_rounding;

/// An affine quantization of one tensor or channel: integers in `lower ... upper`.
typedef struct {
  float scale;
  int32_t zero_point, lower, upper;
  ck_rounding rounding;
} ck_affine;

/// out = clamp(round(in / scale) + zero_point). NaN gives some value in range.
///
/// - output: `CK_OUT_INT8`, `CK_OUT_UINT8`, `CK_OUT_INT16` or `CK_OUT_INT32`.
void ck_quantize_f32(ck_isa isa, const float *in, ck_affine affine, ck_output output, void *out,
                     size_t count);

/// out = (in - zero_point) * scale, from the same types.
void ck_dequantize_f32(ck_isa isa, const void *in, ck_output input, ck_affine affine, float *out,
                       size_t count);

/// Quantizes and dequantizes in one pass: what quantization does to a tensor.
void ck_fake_quantize_f32(ck_isa isa, const float *in, ck_affine affine, float *out,
                          size_t count);

/// Quantizes `[outer, channels, inner]`, each channel with its own affine, and back.
void ck_fake_quantize_channels_f32(ck_isa isa, const float *in, const ck_affine *affines,
                                   float *out, size_t outer, size_t channels, size_t inner);

/// Quantizes rows to 8 bits for hybrid layers, each with its own scale: `scale = max|x| / 127`,
/// values rounded half away from zero. A row of zeros gets scale 1. Source: TensorFlow Lite,
/// dynamic-range quantization (symmetric).
void ck_quantize_rows_symmetric(ck_isa isa, const float *in, int8_t *out, float *scales,
                                size_t rows, size_t columns);

/// The asymmetric form: the range of the row and zero maps to -128 ... 127, with a zero point.
/// Source: TensorFlow Lite, `asymmetric_quantize_inputs`.
void ck_quantize_rows_asymmetric(ck_isa isa, const float *in, int8_t *out, float *scales,
                                 int32_t *zero_points, size_t rows, size_t columns);

#endif
