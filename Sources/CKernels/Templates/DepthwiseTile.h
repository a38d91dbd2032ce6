// Depthwise convolution over any element type. Several neighbouring outputs are computed together:
// a weight is then read once for all, and an input once for all taps that use it.
//
// Included once for each type, which defines before:
//   DW(NAME)        the name of a function of this type
//   DW_ELEMENT      type of an input element
//   DW_WEIGHT       type of a packed weight
//   DW_VECTOR       type of a vector of sums
//   DW_CONTEXT      struct with `plan`, `line`, `image`, `constants` (of the line's variant),
//                   `multiplier`, `output_element_bytes`
// and the functions DW(load)(context, pointer), DW(weight)(context, tap, channel),
// DW(bias)(context, channel), DW(add)(value, weight, sum)
// and DW(store)(context, sums, outputs, row, output, channel, count), which stores neighbouring
// outputs.

CK_INLINE DW_VECTOR DW(load_part)(const DW_CONTEXT *dw, const DW_ELEMENT *from, size_t count) {
  DW_ELEMENT lanes[CK_LANES] = {0};
  for (size_t i = 0; i < count; i++) lanes[i] = from[i];
  return DW(load)(dw, lanes);
}

/// `DW_OUTPUTS` outputs, of which `outputs` are stored, channels `[channel, channel + count)`, of
/// which there are `CK_LANES` if `full`. Input columns without a bit in `inside` are skipped;
/// `whole` says that none is.
CK_INLINE void DW(tile)(const DW_CONTEXT *dw, char *to, const dw_columns at, size_t channel,
                        size_t count, size_t outputs, const bool full, const bool whole,
                        const size_t width, const size_t stride) {
  DW_VECTOR sum[DW_OUTPUTS], bias = DW(bias)(dw, channel);
#pragma clang loop unroll(full)
  for (size_t o = 0; o < DW_OUTPUTS; o++) sum[o] = bias;
  for (size_t ky = dw->line.ky_begin; ky < dw->line.ky_end; ky++) {
    const DW_ELEMENT *from =
        (const DW_ELEMENT *)(dw->image + dw->line.row_offsets[ky]) + at.first + channel;
    DW_VECTOR w[DW_MAX_WIDTH];
#pragma clang loop unroll(full)
    for (size_t kx = 0; kx < width; kx++)
      w[kx] = DW(weight)(dw, ky * width + kx, channel);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < (DW_OUTPUTS - 1) * stride + width; i++, from += at.step) {
      if (!whole && !(at.inside >> i & 1)) continue;
      DW_VECTOR value = full ? DW(load)(dw, from) : DW(load_part)(dw, from, count);
#pragma clang loop unroll(full)
      for (size_t o = 0; o < DW_OUTPUTS; o++) {
        if (i >= o * stride && i - o * stride < width)
          sum[o] = DW(add)(value, w[i - o * stride], sum[o]);
      }
    }
  }
  DW(store)(dw, sum, outputs, at.row, to, channel, full ? CK_LANES : count);
}

CK_INLINE void DW(channels)(const DW_CONTEXT *shared, char *to, const dw_columns at,
                            size_t outputs, const bool whole, const size_t width,
                            const size_t stride) {
  // A copy that no store can change: its fields stay in registers.
  const DW_CONTEXT copy = *shared, *dw = &copy;
  size_t c = dw->line.channel_begin, end = dw->line.channel_end;
  for (; c + CK_LANES <= end; c += CK_LANES)
    DW(tile)(dw, to, at, c, CK_LANES, outputs, true, whole, width, stride);
  if (c < end) DW(tile)(dw, to, at, c, end - c, outputs, false, whole, width, stride);
}

/// One output line, all of it in tiles.
CK_INLINE void DW(line)(const DW_CONTEXT *dw, char *to, const size_t width, const size_t stride) {
  const ck_conv_shape *s = &dw->plan->shape;
  size_t step = DW_OUTPUTS * s->out_pixel_stride * dw->output_element_bytes;
  size_t row = (dw->line.image * s->out_height + dw->line.y) * s->out_width;
  for (size_t x = 0; x < s->out_width; x += DW_OUTPUTS, to += step) {
    size_t columns = (DW_OUTPUTS - 1) * stride + width;
    ptrdiff_t column = (ptrdiff_t)(x * stride) - s->pad_left;
    ptrdiff_t pixel = (ptrdiff_t)s->in_pixel_stride;
    dw_columns at = {.row = row + x, .first = column * pixel, .step = pixel};
    for (size_t i = 0; i < columns; i++, column++)
      at.inside |= (uint32_t)(column >= 0 && column < (ptrdiff_t)s->in_width) << i;
    size_t outputs = ck_min(s->out_width - x, DW_OUTPUTS);
    if (at.inside == (1u << columns) - 1) {
      DW(channels)(dw, to, at, outputs, true, width, stride);
    } else {
      DW(channels)(dw, to, at, outputs, false, width, stride);
    }
  }
}

static void DW(line_3_1)(const DW_CONTEXT *dw, char *to) { DW(line)(dw, to, 3, 1); }
static void DW(line_3_2)(const DW_CONTEXT *dw, char *to) { DW(line)(dw, to, 3, 2); }
static void DW(line_5_1)(const DW_CONTEXT *dw, char *to) { DW(line)(dw, to, 5, 1); }
static void DW(line_5_2)(const DW_CONTEXT *dw, char *to) { DW(line)(dw, to, 5, 2); }

CK_INLINE DW_VECTOR DW(load_any)(const DW_CONTEXT *dw, const DW_ELEMENT *pixel, size_t channel,
                                 size_t count) {
  if (dw->multiplier == 1 && count >= CK_LANES) return DW(load)(dw, pixel + channel);
  DW_ELEMENT lanes[CK_LANES] = {0};
  for (size_t i = 0; i < ck_min(count, CK_LANES); i++)
    lanes[i] = pixel[(channel + i) / dw->multiplier];
  return DW(load)(dw, lanes);
}

/// One output line of any kernel, stride, dilation and multiplier.
static void DW(line_any)(const DW_CONTEXT *dw, char *to) {
  const ck_conv_shape *s = &dw->plan->shape;
  const ptrdiff_t *columns = dw->plan->offsets + s->out_height * s->kernel_height;
  size_t row = (dw->line.image * s->out_height + dw->line.y) * s->out_width;
  for (size_t x = 0; x < s->out_width; x++, columns += s->kernel_width) {
    size_t kx_begin, kx_end;
    ck_tap_range(columns, s->kernel_width, &kx_begin, &kx_end);
    char *pixel = to + x * s->out_pixel_stride * dw->output_element_bytes;
    for (size_t c = dw->line.channel_begin; c < dw->line.channel_end; c += CK_LANES) {
      size_t count = ck_min(dw->line.channel_end - c, CK_LANES);
      DW_VECTOR sum = DW(bias)(dw, c);
      for (size_t ky = dw->line.ky_begin; ky < dw->line.ky_end; ky++) {
        const char *from = dw->image + dw->line.row_offsets[ky];
        for (size_t kx = kx_begin; kx < kx_end; kx++) {
          DW_VECTOR value = DW(load_any)(dw, (const DW_ELEMENT *)(from + columns[kx]), c, count);
          sum = DW(add)(value, DW(weight)(dw, ky * s->kernel_width + kx, c), sum);
        }
      }
      DW_VECTOR sums[DW_OUTPUTS] = {sum};
      DW(store)(dw, sums, 1, row + x, pixel, c, count);
    }
  }
}

/// Runs jobs of one element type; `dw` is complete but for the line and what depends on it.
CK_INLINE void DW(run)(DW_CONTEXT dw, const DW_WEIGHT *packed, size_t variant_words,
                       const void *input, char *output, size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &dw.plan->shape;
  void (*run)(const DW_CONTEXT *, char *) = DW(line_any);
  if (s->dilation_width == 1 && s->out_channels == s->in_channels && s->stride_width <= 2) {
    if (s->kernel_width == 3) run = s->stride_width == 1 ? DW(line_3_1) : DW(line_3_2);
    if (s->kernel_width == 5) run = s->stride_width == 1 ? DW(line_5_1) : DW(line_5_2);
  }
  for (size_t job = job_begin; job < job_end; job++) {
    dw.line = ck_depthwise_job(dw.plan, job);
    dw.constants = packed + dw.line.variant * variant_words;
    dw.image = (const char *)input +
               dw.line.image * s->in_height * s->in_width * s->in_pixel_stride * sizeof(DW_ELEMENT);
    size_t pixel = (dw.line.image * s->out_height + dw.line.y) * s->out_width;
    size_t first = pixel * s->out_pixel_stride + dw.line.variant * s->out_channels;
    run(&dw, output + first * dw.output_element_bytes);
  }
}

#undef DW
#undef DW_ELEMENT
#undef DW_WEIGHT
#undef DW_VECTOR
#undef DW_CONTEXT
