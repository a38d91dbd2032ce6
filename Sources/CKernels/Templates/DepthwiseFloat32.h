// Float32 depthwise convolution.

// Outputs of one tile along x, and the widest kernel that has a tile. With 32 registers, tiles of
// seven divide the lines of networks whose input is a multiple of 224 without a rest.
#if CK_LANES == 16
enum { DW_OUTPUTS = 7, DW_MAX_WIDTH = 5 };
#else
enum { DW_OUTPUTS = 4, DW_MAX_WIDTH = 5 };
#endif

/// Where a tile reads and writes: its first output's row of the result; the first element of its first
/// input column from the start of a line, elements between columns, and which columns are inside.
typedef struct {
  size_t row;
  ptrdiff_t first, step;
  uint32_t inside;
} dw_columns;

typedef struct {
  const ck_conv_plan *plan;
  ck_epilogue epilogue;
  ck_depthwise_line line;
  const float *constants; // of the line's variant
  const char *image;
  size_t rows; // of constants: the bias and the taps
  size_t out_step, multiplier, output_element_bytes;
} dw_f32;

/// Row `row` of the constants, from `channel` on.
CK_INLINE vf dw_f32_constant(const dw_f32 *dw, size_t row, size_t channel) {
  size_t block = channel / CK_CHANNEL_MULTIPLE * dw->rows + row;
  return vf_load(dw->constants + block * CK_CHANNEL_MULTIPLE + channel % CK_CHANNEL_MULTIPLE);
}

CK_INLINE vf dw_f32_load(const dw_f32 *dw, const float *from) {
  (void)dw;
  return vf_load(from);
}

CK_INLINE vf dw_f32_weight(const dw_f32 *dw, size_t tap, size_t channel) {
  return dw_f32_constant(dw, 1 + tap, channel);
}

CK_INLINE vf dw_f32_bias(const dw_f32 *dw, size_t channel) {
  return dw_f32_constant(dw, 0, channel);
}

CK_INLINE vf dw_f32_add(vf value, vf weight, vf sum) { return vf_fma(value, weight, sum); }

CK_INLINE vf dw_f32_finish(const dw_f32 *dw, vf sum, size_t row, size_t channel, size_t count,
                           vf lower, vf upper) {
  if (dw->epilogue.residual == NULL) return vf_clamp(sum, lower, upper);
  const float *from = dw->epilogue.residual + row * dw->epilogue.residual_stride +
                      dw->line.variant * dw->plan->shape.out_channels + channel;
  vf residual = count == CK_LANES ? vf_load(from) : vf_load_part(from, count);
  return dw->epilogue.residual_after_clamp ? vf_clamp(sum, lower, upper) + residual
                                            : vf_clamp(sum + residual, lower, upper);
}

CK_INLINE void dw_f32_store(const dw_f32 *dw, const vf *sums, size_t outputs, size_t row, char *to,
                            size_t channel, size_t count) {
  vf lower = vf_splat(dw->epilogue.lower), upper = vf_splat(dw->epilogue.upper);
  size_t step = dw->out_step;
  float *pixel = (float *)to + channel;
  // Most layers' epilogue only clamps.
  if (outputs == DW_OUTPUTS && count == CK_LANES && dw->epilogue.scale == NULL &&
      dw->epilogue.residual == NULL) {
#pragma clang loop unroll(full)
    for (size_t o = 0; o < DW_OUTPUTS; o++)
      vf_store(pixel + o * step, vf_clamp(sums[o], lower, upper));
    return;
  }
  vf scaled[DW_OUTPUTS];
#pragma clang loop unroll(full)
  for (size_t o = 0; o < DW_OUTPUTS; o++) scaled[o] = sums[o];
  if (dw->epilogue.scale != NULL) {
    size_t at = dw->line.variant * dw->plan->shape.out_channels + channel;
    vf scale = vf_load(dw->epilogue.scale + at), shift = vf_load(dw->epilogue.shift + at);
#pragma clang loop unroll(full)
    for (size_t o = 0; o < DW_OUTPUTS; o++) scaled[o] = vf_fma(scaled[o], scale, shift);
  }
  // Unrolled, so that the sums stay in registers.
#pragma clang loop unroll(full)
  for (size_t o = 0; o < DW_OUTPUTS; o++, pixel += step) {
    if (o >= outputs) return;
    vf value = dw_f32_finish(dw, scaled[o], row + o, channel, count, lower, upper);
    if (count == CK_LANES) {
      vf_store(pixel, value);
    } else {
      vf_store_part(pixel, value, count);
    }
  }
}

#define DW(NAME) dw_f32_##NAME
#define DW_ELEMENT float
#define DW_WEIGHT float
#define DW_VECTOR vf
#define DW_CONTEXT dw_f32
#include "DepthwiseTile.h"

// The same with a relu on what is read.

CK_INLINE vf dw_relu_load(const dw_f32 *dw, const float *from) {
  (void)dw;
  vf value = vf_load(from);
  return value < 0 ? vf_splat(0) : value;
}

CK_INLINE vf dw_relu_weight(const dw_f32 *dw, size_t tap, size_t channel) {
  return dw_f32_weight(dw, tap, channel);
}

CK_INLINE vf dw_relu_bias(const dw_f32 *dw, size_t channel) { return dw_f32_bias(dw, channel); }

CK_INLINE vf dw_relu_add(vf value, vf weight, vf sum) { return vf_fma(value, weight, sum); }

CK_INLINE void dw_relu_store(const dw_f32 *dw, const vf *sums, size_t outputs, size_t row, char *to,
                             size_t channel, size_t count) {
  dw_f32_store(dw, sums, outputs, row, to, channel, count);
}

#define DW(NAME) dw_relu_##NAME
#define DW_ELEMENT float
#define DW_WEIGHT float
#define DW_VECTOR vf
#define DW_CONTEXT dw_f32
#include "DepthwiseTile.h"

static void CK_NAME(depthwise_f32)(const ck_conv_plan *plan, const float *packed,
                                   const float *input, float *output, const ck_epilogue *epilogue,
                                   size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  dw_f32 dw = {plan, *epilogue, .rows = 1 + plan->taps, .out_step = s->out_pixel_stride,
               .multiplier = s->out_channels / s->in_channels,
               .output_element_bytes = sizeof(float)};
  size_t variant_words = dw.rows * ck_depthwise_channels(s);
  if (epilogue->input_relu) {
    dw_relu_run(dw, packed, variant_words, input, (char *)output, job_begin, job_end);
  } else {
    dw_f32_run(dw, packed, variant_words, input, (char *)output, job_begin, job_end);
  }
}
