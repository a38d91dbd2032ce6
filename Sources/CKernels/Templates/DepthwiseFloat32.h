// Float32 depthwise convolution. Several neighbouring outputs are computed together: a weight is
// then read once for all, and an input once for all taps that use it.

// Outputs of one tile along x.
enum { DW_OUTPUTS = 4 };

typedef struct {
  const ck_conv_plan *plan;
  const ck_epilogue *epilogue;
  ck_depthwise_line line;
  const float *packed; // of the line's variant
  const float *image;
  size_t packed_channels, multiplier;
} dw_f32;

CK_INLINE vf dw_f32_finish(const dw_f32 *dw, vf sum, size_t at_row, size_t channel, size_t count) {
  vf lower = vf_splat(dw->epilogue->lower), upper = vf_splat(dw->epilogue->upper);
  if (dw->epilogue->residual == NULL) return vf_clamp(sum, lower, upper);
  const float *from = dw->epilogue->residual + at_row * dw->epilogue->residual_stride +
                      dw->line.variant * dw->plan->shape.out_channels + channel;
  vf residual = count >= CK_LANES ? vf_load(from) : vf_load_part(from, count);
  return dw->epilogue->residual_after_clamp ? vf_clamp(sum, lower, upper) + residual
                                            : vf_clamp(sum + residual, lower, upper);
}

/// Where a tile reads: its first output column, and which input columns are inside the input.
typedef struct {
  size_t x;
  uint32_t inside;
} dw_columns;

/// `outputs` outputs, channels `[channel, channel + count)`, of which there are `CK_LANES` if
/// `full`. Input columns without a bit in `inside` are skipped; `whole` says that none is.
CK_INLINE void dw_f32_tile(const dw_f32 *dw, float *to, const dw_columns at, size_t channel,
                           size_t count, const bool full, const bool whole, const size_t width,
                           const size_t stride, const size_t outputs) {
  enum { MAX_WIDTH = 5 };
  const ck_conv_shape *s = &dw->plan->shape;
  const float *weights = dw->packed + channel;
  vf sum[DW_OUTPUTS], bias = vf_load(weights);
#pragma clang loop unroll(full)
  for (size_t o = 0; o < outputs; o++) sum[o] = bias;
  ptrdiff_t column = (ptrdiff_t)(at.x * stride) - s->pad_left;
  ptrdiff_t first = column * (ptrdiff_t)s->in_pixel_stride + (ptrdiff_t)channel;
  for (size_t ky = dw->line.ky_begin; ky < dw->line.ky_end; ky++) {
    const float *from =
        (const float *)((const char *)dw->image + dw->line.row_offsets[ky]) + first;
    vf w[MAX_WIDTH];
#pragma clang loop unroll(full)
    for (size_t kx = 0; kx < width; kx++)
      w[kx] = vf_load(weights + (1 + ky * width + kx) * dw->packed_channels);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < (outputs - 1) * stride + width; i++, from += s->in_pixel_stride) {
      if (!whole && !(at.inside >> i & 1)) continue;
      vf value = full ? vf_load(from) : vf_load_part(from, count);
#pragma clang loop unroll(full)
      for (size_t o = 0; o < outputs; o++) {
        if (i >= o * stride && i - o * stride < width)
          sum[o] = vf_fma(value, w[i - o * stride], sum[o]);
      }
    }
  }
  size_t row = (dw->line.image * s->out_height + dw->line.y) * s->out_width + at.x;
#pragma clang loop unroll(full)
  for (size_t o = 0; o < outputs; o++) {
    vf value = dw_f32_finish(dw, sum[o], row + o, channel, count);
    if (full) {
      vf_store(to + o * s->out_pixel_stride + channel, value);
    } else {
      vf_store_part(to + o * s->out_pixel_stride + channel, value, count);
    }
  }
}

CK_INLINE void dw_f32_channels(const dw_f32 *dw, float *to, const dw_columns at,
                               const bool whole, const size_t width, const size_t stride,
                               const size_t outputs) {
  size_t c = dw->line.channel_begin, end = dw->line.channel_end;
  for (; c + CK_LANES <= end; c += CK_LANES)
    dw_f32_tile(dw, to, at, c, CK_LANES, true, whole, width, stride, outputs);
  if (c < end) dw_f32_tile(dw, to, at, c, end - c, false, whole, width, stride, outputs);
}

/// One output line, all of it in tiles.
CK_INLINE void dw_f32_line(const dw_f32 *dw, float *to, const size_t width, const size_t stride) {
  const ck_conv_shape *s = &dw->plan->shape;
  size_t step = DW_OUTPUTS * s->out_pixel_stride;
  for (size_t x = 0; x < s->out_width; x += DW_OUTPUTS, to += step) {
    dw_columns at = {x, 0};
    size_t columns = (DW_OUTPUTS - 1) * stride + width;
    ptrdiff_t column = (ptrdiff_t)(x * stride) - s->pad_left;
    for (size_t i = 0; i < columns; i++, column++)
      at.inside |= (uint32_t)(column >= 0 && column < (ptrdiff_t)s->in_width) << i;
    switch (ck_min(s->out_width - x, DW_OUTPUTS)) {
      case 1:
        dw_f32_channels(dw, to, at, false, width, stride, 1);
        break;
      case 2:
        dw_f32_channels(dw, to, at, false, width, stride, 2);
        break;
      case 3:
        dw_f32_channels(dw, to, at, false, width, stride, 3);
        break;
      default:
        if (at.inside == (1u << columns) - 1) {
          dw_f32_channels(dw, to, at, true, width, stride, DW_OUTPUTS);
        } else {
          dw_f32_channels(dw, to, at, false, width, stride, DW_OUTPUTS);
        }
    }
  }
}

static void dw_f32_line_3_1(const dw_f32 *dw, float *to) { dw_f32_line(dw, to, 3, 1); }
static void dw_f32_line_3_2(const dw_f32 *dw, float *to) { dw_f32_line(dw, to, 3, 2); }
static void dw_f32_line_5_1(const dw_f32 *dw, float *to) { dw_f32_line(dw, to, 5, 1); }
static void dw_f32_line_5_2(const dw_f32 *dw, float *to) { dw_f32_line(dw, to, 5, 2); }

CK_INLINE vf dw_f32_load(const dw_f32 *dw, const float *pixel, size_t channel, size_t count) {
  if (dw->multiplier == 1)
    return count >= CK_LANES ? vf_load(pixel + channel) : vf_load_part(pixel + channel, count);
  if (dw->plan->shape.in_channels == 1) return vf_splat(pixel[0]);
  float lanes[CK_LANES] = {0};
  for (size_t i = 0; i < ck_min(count, CK_LANES); i++)
    lanes[i] = pixel[(channel + i) / dw->multiplier];
  return vf_load(lanes);
}

/// One output of any kernel, padding along x included.
static void dw_f32_pixel(const dw_f32 *dw, float *to, size_t x) {
  const ck_conv_shape *s = &dw->plan->shape;
  const ptrdiff_t *columns =
      dw->plan->offsets + s->out_height * s->kernel_height + x * s->kernel_width;
  size_t kx_begin, kx_end;
  ck_tap_range(columns, s->kernel_width, &kx_begin, &kx_end);
  size_t row = (dw->line.image * s->out_height + dw->line.y) * s->out_width + x;
  for (size_t c = dw->line.channel_begin; c < dw->line.channel_end; c += CK_LANES) {
    size_t count = dw->line.channel_end - c;
    vf sum = vf_load(dw->packed + c);
    for (size_t ky = dw->line.ky_begin; ky < dw->line.ky_end; ky++) {
      const char *from = (const char *)dw->image + dw->line.row_offsets[ky];
      const float *weights = dw->packed + c + (1 + ky * s->kernel_width) * dw->packed_channels;
      for (size_t kx = kx_begin; kx < kx_end; kx++) {
        vf value = dw_f32_load(dw, (const float *)(from + columns[kx]), c, count);
        sum = vf_fma(value, vf_load(weights + kx * dw->packed_channels), sum);
      }
    }
    vf value = dw_f32_finish(dw, sum, row, c, count);
    if (count >= CK_LANES) {
      vf_store(to + c, value);
    } else {
      vf_store_part(to + c, value, count);
    }
  }
}

/// One output line of any kernel, stride, dilation and multiplier.
static void dw_f32_line_any(const dw_f32 *dw, float *to) {
  for (size_t x = 0; x < dw->plan->shape.out_width; x++)
    dw_f32_pixel(dw, to + x * dw->plan->shape.out_pixel_stride, x);
}

static void CK_NAME(depthwise_f32)(const ck_conv_plan *plan, const float *packed,
                                   const float *input, float *output, const ck_epilogue *epilogue,
                                   size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  void (*run)(const dw_f32 *, float *) = dw_f32_line_any;
  if (s->dilation_width == 1 && s->out_channels == s->in_channels && s->stride_width <= 2) {
    if (s->kernel_width == 3) run = s->stride_width == 1 ? dw_f32_line_3_1 : dw_f32_line_3_2;
    if (s->kernel_width == 5) run = s->stride_width == 1 ? dw_f32_line_5_1 : dw_f32_line_5_2;
  }
  dw_f32 dw = {plan, epilogue, .packed_channels = ck_depthwise_channels(s),
               .multiplier = s->out_channels / s->in_channels};
  for (size_t job = job_begin; job < job_end; job++) {
    dw.line = ck_depthwise_job(plan, job);
    dw.packed = packed + dw.line.variant * (1 + plan->taps) * dw.packed_channels;
    dw.image = input + dw.line.image * s->in_height * s->in_width * s->in_pixel_stride;
    float *to = output + dw.line.variant * s->out_channels +
                (dw.line.image * s->out_height + dw.line.y) * s->out_width * s->out_pixel_stride;
    run(&dw, to);
  }
}
