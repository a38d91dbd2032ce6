// Float32 depthwise convolution.

// Outputs of one tile along x, and the widest kernel that has a tile.
enum { DW_OUTPUTS = 4, DW_MAX_WIDTH = 5 };

/// Where a tile reads: its first output column, and which input columns are inside the input.
typedef struct {
  size_t x;
  uint32_t inside;
} dw_columns;

typedef struct {
  const ck_conv_plan *plan;
  const ck_epilogue *epilogue;
  ck_depthwise_line line;
  const float *constants, *weights; // of the line's variant
  const char *image;
  size_t packed_channels, multiplier, output_element_bytes;
} dw_f32;

CK_INLINE vf dw_f32_load(const dw_f32 *dw, const float *from) {
  (void)dw;
  return vf_load(from);
}

CK_INLINE vf dw_f32_weight(const float *from) { return vf_load(from); }

CK_INLINE vf dw_f32_bias(const dw_f32 *dw, size_t channel) {
  return vf_load(dw->constants + channel);
}

CK_INLINE vf dw_f32_add(vf value, vf weight, vf sum) { return vf_fma(value, weight, sum); }

typedef struct {
  vf lower, upper;
} dw_f32_constants_t;

CK_INLINE dw_f32_constants_t dw_f32_constants(const dw_f32 *dw, size_t channel) {
  (void)channel;
  return (dw_f32_constants_t){vf_splat(dw->epilogue->lower), vf_splat(dw->epilogue->upper)};
}

CK_INLINE void dw_f32_store(const dw_f32 *dw, const dw_f32_constants_t *k, vf sum, size_t row,
                            char *to, size_t channel, size_t count) {
  if (dw->epilogue->residual == NULL) {
    sum = vf_clamp(sum, k->lower, k->upper);
  } else {
    const float *from = dw->epilogue->residual + row * dw->epilogue->residual_stride +
                        dw->line.variant * dw->plan->shape.out_channels + channel;
    vf residual = count == CK_LANES ? vf_load(from) : vf_load_part(from, count);
    sum = dw->epilogue->residual_after_clamp ? vf_clamp(sum, k->lower, k->upper) + residual
                                             : vf_clamp(sum + residual, k->lower, k->upper);
  }
  if (count == CK_LANES) {
    vf_store((float *)to + channel, sum);
  } else {
    vf_store_part((float *)to + channel, sum, count);
  }
}

#define DW(NAME) dw_f32_##NAME
#define DW_ELEMENT float
#define DW_WEIGHT float
#define DW_VECTOR vf
#define DW_CONTEXT dw_f32
#define DW_CONSTANTS dw_f32_constants_t
#include "DepthwiseTile.h"

static void CK_NAME(depthwise_f32)(const ck_conv_plan *plan, const float *packed,
                                   const float *input, float *output, const ck_epilogue *epilogue,
                                   size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  size_t channels = ck_depthwise_channels(s);
  dw_f32 dw = {plan, epilogue, .packed_channels = channels,
               .multiplier = s->out_channels / s->in_channels,
               .output_element_bytes = sizeof(float)};
  dw_f32_run(dw, packed, (1 + plan->taps) * channels, channels, input, (char *)output, job_begin,
             job_end);
}
