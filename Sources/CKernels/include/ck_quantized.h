// Convolution, fully connected, matrix product and depthwise convolution over 8- and 16-bit
// integers, with the plans of ck_convolution.h.
//
// real = scale * (quantized - zero point). The sum of (x - x zero point) * (w - w zero point) is
// exact in 32 bits (64 for 16-bit activations), so all instruction sets give the same integers.

#ifndef CK_QUANTIZED_H
#define CK_QUANTIZED_H

#include "ck_convolution.h"

/// How a 32-bit sum is scaled to the output's quantization.
typedef enum {
  /// Integer multiplier and shift, rounded twice: a doubling high multiplication that rounds ties
  /// up, then a right shift that rounds ties away from zero. The arithmetic of TensorFlow Lite's
  /// reference kernels (`MultiplyByQuantizedMultiplier`), after B. Jacob et al., "Quantization and
  /// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018, sec. 2.2.
  CK_SCALE_FIXED_POINT = 0,
  /// Integer multiplier and shift, rounded once, ties up: the same kernels built with
  /// `TFLITE_SINGLE_ROUNDING`.
  CK_SCALE_FIXED_POINT_ONCE = 1,
  /// Float32 multiplier, rounded to nearest even: ONNX QLinearConv, QLinearMatMul.
  CK_SCALE_FLOAT = 2,
} ck_scaling;

/// Element type of a quantized kernel's output.
typedef enum {
  CK_OUT_INT8 = 0,
  CK_OUT_UINT8 = 1,
  CK_OUT_INT16 = 2,
  /// The bare sum with bias, unscaled (ONNX ConvInteger, MatMulInteger).
  CK_OUT_INT32 = 3,
  /// The sum times row and column scales, plus a float bias (hybrid layers).
  CK_OUT_FLOAT32 = 4,
} ck_output;

/// How each channel of a layer is scaled: arrays with one entry for each output channel of all
/// variants, `[variants][out_channels]`. NULL where the output does not use it.
typedef struct {
  /// Added to the sum; NULL is zero.
  const int32_t *bias;
  /// Added to the sum of 16-bit activations instead of `bias`; NULL is zero.
  const int64_t *bias64;
  /// Added to a float32 output; NULL is zero.
  const float *bias_f32;
  /// Fixed-point multiplier in units of 2^-31, and its power of two (negative shifts right).
  const int32_t *multiplier, *shift;
  /// Float32 multiplier of `CK_SCALE_FLOAT` and of float32 outputs.
  const float *scale;
} ck_channel_scales;

/// What the packing of 8-bit weights needs to know besides the shape.
typedef struct {
  /// Activations: `CK_INT8` or `CK_UINT8`.
  ck_element input;
  int32_t input_zero_point;
  /// Whether weights are unsigned bytes.
  bool weights_unsigned;
  /// One zero point for all weights; 0 for symmetric weights.
  int32_t weight_zero_point;
} ck_quantization;

/// What happens to an integer sum before it is stored.
typedef struct {
  ck_output output;
  ck_scaling scaling;
  /// Integer outputs: added after scaling, then clamped.
  int32_t output_zero_point, lower, upper;
  /// Float32 outputs: scale of each row group, and optionally a zero point of its input that was
  /// not known when packing (added to that of `ck_quantization`).
  const float *row_scales;
  const int32_t *row_zero_points;
  size_t rows_per_scale;
  /// Multiplies row and column scale first (fully connected), or sum and column scale first
  /// (convolution): TensorFlow Lite's hybrid kernels differ in this.
  bool scales_first;
  float lower_f32, upper_f32;
  /// Sums of 16-bit activations: wraps them to 32 bits and scales those (a 32-bit bias).
  bool narrow_sums;
} ck_quantized_epilogue;

/// Splits a positive real multiplier into `multiplier * 2^(shift - 31)`, `multiplier` in
/// `2^30 ..< 2^31`. Below about 2^-32 both are 0. Source: as `CK_SCALE_FIXED_POINT`.
void ck_quantize_multiplier(double real, int32_t *multiplier, int32_t *shift);

/// Scales one value as the kernels do: the definition, for engines and tests.
int32_t ck_scale_fixed_point(int32_t value, int32_t multiplier, int32_t shift);

/// Scales a 64-bit value: the multiplier is first rounded to 15 bits (TensorFlow Lite's kernels
/// for 16-bit activations with 64-bit bias).
int32_t ck_scale_fixed_point64(int64_t value, int32_t multiplier, int32_t shift);

/// Returns the bytes of packed 8-bit weights.
size_t ck_conv_q8_packed_bytes(const ck_conv_shape *shape, ck_isa isa);

/// Packs panels `[panel_begin, panel_end)` for the kernels of `isa`; `strides` count bytes.
void ck_conv_q8_pack(const ck_conv_shape *shape, ck_filter_strides strides,
                     const ck_quantization *quantization, const ck_channel_scales *scales,
                     const void *const *weights, ck_isa isa, void *packed, size_t panel_begin,
                     size_t panel_end);

/// Runs jobs of a plan for `CK_INT8` or `CK_UINT8`. Output rows are `out_pixel_stride` elements of
/// the output's type apart. Padding counts as the input's zero point.
void ck_conv_q8_run(const ck_conv_plan *plan, const void *packed,
                    const ck_quantization *quantization, const void *input, void *output,
                    const ck_quantized_epilogue *epilogue, void *scratch, size_t job_begin,
                    size_t job_end);

/// Returns the bytes of packed weights for 16-bit activations.
size_t ck_conv_q16_packed_bytes(const ck_conv_shape *shape, ck_isa isa);

/// Packs panels of symmetric 8-bit weights for 16-bit activations and the kernels of `isa`.
void ck_conv_q16_pack(const ck_conv_shape *shape, ck_filter_strides strides,
                      const ck_channel_scales *scales, const int8_t *const *weights, ck_isa isa,
                      void *packed, size_t panel_begin, size_t panel_end);

/// Runs jobs of a plan for `CK_INT16`: symmetric activations, 64-bit sums, 16-bit outputs.
void ck_conv_q16_run(const ck_conv_plan *plan, const void *packed, const int16_t *input,
                     int16_t *output, const ck_quantized_epilogue *epilogue, void *scratch,
                     size_t job_begin, size_t job_end);

/// Returns the bytes of packed depthwise weights.
size_t ck_depthwise_q_packed_bytes(const ck_conv_shape *shape);

/// Packs depthwise weights of all variants for 8- or 16-bit activations; `strides` count bytes.
///
/// The zero point is taken from the weights here; that of the input is taken from each input.
void ck_depthwise_q_pack(const ck_conv_shape *shape, ck_filter_strides strides,
                         const ck_quantization *quantization, const ck_channel_scales *scales,
                         const void *const *weights, void *packed);

/// Runs jobs of a depthwise plan for `CK_INT8`, `CK_UINT8` or `CK_INT16`.
///
/// Sums have 32 bits: with 16-bit activations the filter may have 500 taps at most.
void ck_depthwise_q_run(const ck_conv_plan *plan, const void *packed,
                        const ck_quantization *quantization, const void *input, void *output,
                        const ck_quantized_epilogue *epilogue, size_t job_begin, size_t job_end);

#endif
