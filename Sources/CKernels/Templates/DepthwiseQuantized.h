// Depthwise convolution of 8- and 16-bit activations with 32-bit sums. Padding is skipped, which
// equals reading the zero point.

typedef struct dw_q dw_q;

struct dw_q {
  const ck_conv_plan *plan;
  const ck_quantized_epilogue *epilogue;
  /// Scales and stores neighbouring outputs.
  void (*store)(const dw_q *dw, const vi *sums, size_t outputs, size_t row, char *to,
                size_t channel, size_t count);
  ck_depthwise_line line;
  const int32_t *constants; // of the line's variant
  const char *image;
  size_t packed_channels, multiplier, output_element_bytes;
  int32_t input_zero_point;
  // 16-bit activations have 64-bit sums; theirs is added when the sum of products is complete.
  bool wide_bias;
};

CK_INLINE vi dw_q_weight(const dw_q *dw, size_t tap, size_t channel) {
  return vi_load(dw->constants + (CK_DWQ_WEIGHTS + tap) * dw->packed_channels + channel);
}

CK_INLINE vi dw_q_bias(const dw_q *dw, size_t channel) {
  return dw->wide_bias ? (vi)0 : vi_load(dw->constants + channel);
}

/// The high half of each weight lane is zero, so its pair of products is one product.
CK_INLINE vi dw_q_add(vi value, vi weight, vi sum) {
  return vi_add_pairs(sum, (vpairs)value, (vpairs)weight);
}

static void dw_q_store_wide(const dw_q *dw, vi sum, char *to, size_t channel, size_t count) {
  const ck_quantized_epilogue *e = dw->epilogue;
  const int32_t *constants = dw->constants + channel;
  for (size_t i = 0; i < count; i++, constants++) {
    uint64_t high = (uint32_t)constants[CK_DWQ_BIAS_HIGH * dw->packed_channels];
    int64_t bias = (int64_t)(high << 32 | (uint32_t)constants[CK_DWQ_BIAS * dw->packed_channels]);
    int32_t value = ck_scale_fixed_point64(
        sum[i] + bias, constants[CK_DWQ_MULTIPLIER * dw->packed_channels],
        constants[CK_DWQ_SHIFT * dw->packed_channels]);
    value += e->output_zero_point;
    value = value < e->lower ? e->lower : value;
    ((int16_t *)to)[channel + i] = (int16_t)(value > e->upper ? e->upper : value);
  }
}

/// Not inlined: every tile of every type would repeat all ways of scaling.
static __attribute__((noinline)) void dw_q_store(const dw_q *dw, const vi *sums, size_t outputs,
                                                 size_t row, char *to, size_t channel,
                                                 size_t count) {
  const ck_quantized_epilogue *e = dw->epilogue;
  const int32_t *constants = dw->constants + channel;
  size_t step = dw->plan->shape.out_pixel_stride * dw->output_element_bytes;
  q_channels channels = q_load_channels(
      constants + CK_DWQ_MULTIPLIER * dw->packed_channels,
      constants + CK_DWQ_SHIFT * dw->packed_channels,
      (const float *)constants + CK_DWQ_SCALE * dw->packed_channels,
      (const float *)constants + CK_DWQ_BIAS_F32 * dw->packed_channels, e->output, e->scaling);
  for (size_t o = 0; o < outputs; o++, to += step) {
    if (dw->wide_bias) {
      dw_q_store_wide(dw, sums[o], to, channel, count);
    } else {
      q_store(sums[o], &channels, e, row + o, to, channel, count, e->output, e->scaling);
    }
  }
}

/// The same for bytes, with all constants in registers.
CK_INLINE void dw_q_store_bytes(const dw_q *dw, const vi *sums, size_t outputs, char *to,
                                size_t channel, size_t count, const ck_scaling scaling) {
  const int32_t *constants = dw->constants + channel;
  size_t words = dw->packed_channels, step = dw->plan->shape.out_pixel_stride;
  q_byte_bounds bounds = q_load_bounds(dw->epilogue);
  q_channels channels = q_load_channels(
      constants + CK_DWQ_MULTIPLIER * words, constants + CK_DWQ_SHIFT * words,
      (const float *)constants + CK_DWQ_SCALE * words,
      (const float *)constants + CK_DWQ_BIAS_F32 * words, CK_OUT_INT8, scaling);
  to += channel;
  if (count < CK_LANES) {
    for (size_t o = 0; o < outputs; o++, to += step)
      q_store_integers(q_scale_bytes(sums[o], &channels, &bounds, scaling), CK_OUT_INT8, to, 0,
                       count);
    return;
  }
  for (size_t o = 0; o < outputs; o++, to += step) {
    vb narrow =
        __builtin_convertvector(q_scale_bytes(sums[o], &channels, &bounds, scaling), vb);
    memcpy(to, &narrow, sizeof narrow);
  }
}

static __attribute__((noinline)) void dw_q_store_twice(const dw_q *dw, const vi *sums,
                                                       size_t outputs, size_t row, char *to,
                                                       size_t channel, size_t count) {
  (void)row;
  dw_q_store_bytes(dw, sums, outputs, to, channel, count, CK_SCALE_FIXED_POINT);
}

static __attribute__((noinline)) void dw_q_store_float(const dw_q *dw, const vi *sums,
                                                       size_t outputs, size_t row, char *to,
                                                       size_t channel, size_t count) {
  (void)row;
  dw_q_store_bytes(dw, sums, outputs, to, channel, count, CK_SCALE_FLOAT);
}

#define DW_CONTEXT_FUNCTIONS(TYPE, ELEMENT, NARROW)                                          \
  CK_INLINE vi dw_##TYPE##_load(const dw_q *dw, const ELEMENT *from) {                       \
    NARROW narrow;                                                                           \
    memcpy(&narrow, from, sizeof narrow);                                                    \
    return __builtin_convertvector(narrow, vi) - dw->input_zero_point;                       \
  }                                                                                          \
  CK_INLINE vi dw_##TYPE##_weight(const dw_q *dw, size_t tap, size_t channel) {              \
    return dw_q_weight(dw, tap, channel);                                                    \
  }                                                                                          \
  CK_INLINE vi dw_##TYPE##_bias(const dw_q *dw, size_t channel) {                            \
    return dw_q_bias(dw, channel);                                                           \
  }                                                                                          \
  CK_INLINE vi dw_##TYPE##_add(vi value, vi weight, vi sum) {                                \
    return dw_q_add(value, weight, sum);                                                     \
  }                                                                                          \
  CK_INLINE void dw_##TYPE##_store(const dw_q *dw, const vi *sums, size_t outputs,           \
                                   size_t row, char *to, size_t channel, size_t count) {     \
    dw->store(dw, sums, outputs, row, to, channel, count);                                   \
  }
DW_CONTEXT_FUNCTIONS(s8, int8_t, vb)
DW_CONTEXT_FUNCTIONS(u8, uint8_t, vub)
DW_CONTEXT_FUNCTIONS(s16, int16_t, vs)
#undef DW_CONTEXT_FUNCTIONS

#define DW(NAME) dw_s8_##NAME
#define DW_ELEMENT int8_t
#define DW_WEIGHT int32_t
#define DW_VECTOR vi
#define DW_CONTEXT dw_q
#include "DepthwiseTile.h"

#define DW(NAME) dw_u8_##NAME
#define DW_ELEMENT uint8_t
#define DW_WEIGHT int32_t
#define DW_VECTOR vi
#define DW_CONTEXT dw_q
#include "DepthwiseTile.h"

#define DW(NAME) dw_s16_##NAME
#define DW_ELEMENT int16_t
#define DW_WEIGHT int32_t
#define DW_VECTOR vi
#define DW_CONTEXT dw_q
#include "DepthwiseTile.h"

#include "DepthwiseBytes.h"

static void CK_NAME(depthwise_q)(const ck_conv_plan *plan, const void *packed,
                                 const ck_quantization *quantization, const void *input,
                                 void *output, const ck_quantized_epilogue *epilogue,
                                 size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  size_t channels = ck_depthwise_channels(s);
  size_t words = ck_depthwise_q_rows(s) * channels;
#if CK_PACKS_BYTES
  if (dw_bytes_fits(plan, quantization, epilogue)) {
    dw_bytes_run(plan, packed, quantization, input, output, epilogue, job_begin, job_end);
    return;
  }
#endif
  bool bytes = epilogue->output == CK_OUT_INT8 || epilogue->output == CK_OUT_UINT8;
  dw_q dw = {plan, epilogue, .store = dw_q_store, .packed_channels = channels,
             .multiplier = s->out_channels / s->in_channels,
             .output_element_bytes = q_output_bytes[epilogue->output],
             .input_zero_point = quantization->input_zero_point,
             .wide_bias = plan->element == CK_INT16 && !epilogue->narrow_sums};
  if (bytes && plan->element != CK_INT16) {
    if (epilogue->scaling == CK_SCALE_FIXED_POINT) dw.store = dw_q_store_twice;
    if (epilogue->scaling == CK_SCALE_FLOAT) dw.store = dw_q_store_float;
  }
  if (plan->element == CK_INT8) {
    dw_s8_run(dw, packed, words, input, output, job_begin, job_end);
  } else if (plan->element == CK_UINT8) {
    dw_u8_run(dw, packed, words, input, output, job_begin, job_end);
  } else {
    dw_s16_run(dw, packed, words, input, output, job_begin, job_end);
  }
}
