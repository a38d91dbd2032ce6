// Depthwise 3x3 convolution of bytes. The three taps of a filter column go together: with VNNI they are
// three bytes of a lane, which one instruction adds; without it two of them are the halves of a lane,
// and the third has its own. Columns slide along x in registers.
//
// Padding is read as the input's zero point, whose share is taken from the bias when packing.

#if CK_PACKS_BYTES

/// The three taps of a filter column, or the bytes they are multiplied with, in each lane.
typedef struct {
#if CK_HAS_VNNI
  vi three;
#else
  vi two, one;
#endif
} dw_column;

/// From unsigned bytes.
CK_INLINE dw_column dw_join_bytes(vi first, vi second, vi third) {
#if CK_HAS_VNNI
  return (dw_column){first | second << 8 | third << 16};
#else
  return (dw_column){first | second << 16, third};
#endif
}

/// From the three signed bytes of each lane.
CK_INLINE dw_column dw_load_weights(const int32_t *from) {
  vi bytes = vi_load(from);
#if CK_HAS_VNNI
  return (dw_column){bytes};
#else
  vi first = bytes << 24 >> 24, second = bytes << 16 >> 24, third = bytes << 8 >> 24;
  return (dw_column){(first & 0xFFFF) | second << 16, third & 0xFFFF};
#endif
}

CK_INLINE vi dw_add_column(vi sum, dw_column bytes, dw_column weights) {
#if CK_HAS_VNNI
  return (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)bytes.three, (__m512i)weights.three);
#else
  sum = vi_add_pairs(sum, (vpairs)bytes.two, (vpairs)weights.two);
  return vi_add_pairs(sum, (vpairs)bytes.one, (vpairs)weights.one);
#endif
}

typedef struct {
  const ck_conv_plan *plan;
  const ck_quantized_epilogue *epilogue;
  ck_depthwise_line line;
  const int32_t *constants; // of the line's variant
  const char *image;
  size_t words;   // of a row of constants
  size_t taps_at; // rows before the folded bias
  int32_t flip;   // turns a signed activation into an unsigned one
  int32_t zero;   // the unsigned zero point
} dw_bytes;

/// The three input rows of a line, for a vector of channels; where a row is padding, `step` is 0.
typedef struct {
  const char *from[3];
  ptrdiff_t step[3];
} dw_bytes_rows;

CK_INLINE dw_bytes_rows dw_bytes_load_rows(const dw_bytes *dw, const char *padding,
                                           size_t channel) {
  dw_bytes_rows rows;
  for (int ky = 0; ky < 3; ky++) {
    ptrdiff_t row = dw->line.row_offsets[ky];
    rows.from[ky] = row >= 0 ? dw->image + row + channel : padding;
    rows.step[ky] = row >= 0 ? (ptrdiff_t)dw->plan->shape.in_pixel_stride : 0;
  }
  return rows;
}

/// The first `count` bytes, each in a lane; there are `CK_LANES` if `full`.
CK_INLINE vi dw_bytes_widen(const char *from, const bool full, size_t count) {
  vub narrow = 0;
  if (full) {
    memcpy(&narrow, from, sizeof narrow);
  } else {
#if CK_LANES == 16
    narrow = (vub)_mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1), from);
#else
    memcpy(&narrow, from, count);
#endif
  }
  return __builtin_convertvector(narrow, vi);
}

/// The taps of input column `x`, as unsigned bytes.
CK_INLINE dw_column dw_bytes_column(const dw_bytes *dw, const dw_bytes_rows *rows, ptrdiff_t x,
                                    const bool full, size_t count) {
  vi zero = dw->zero, flip = dw->flip;
  if (x < 0 || x >= (ptrdiff_t)dw->plan->shape.in_width) return dw_join_bytes(zero, zero, zero);
  return dw_join_bytes(dw_bytes_widen(rows->from[0] + x * rows->step[0], full, count) ^ flip,
                       dw_bytes_widen(rows->from[1] + x * rows->step[1], full, count) ^ flip,
                       dw_bytes_widen(rows->from[2] + x * rows->step[2], full, count) ^ flip);
}

/// One output line of `count` channels, which are `CK_LANES` if `full`.
CK_INLINE void dw_bytes_channels(const dw_bytes *dw, char *to, size_t channel, const bool full,
                                 size_t count, const size_t stride, const ck_scaling scaling) {
  const ck_conv_shape *s = &dw->plan->shape;
  const int32_t *constants = dw->constants + channel;
  size_t words = dw->words, step = s->out_pixel_stride;
  const int32_t *folded = constants + dw->taps_at * words;
  char padding[CK_LANES];
  memset(padding, dw->zero ^ dw->flip, sizeof padding);
  dw_bytes_rows rows = dw_bytes_load_rows(dw, padding, channel);
  vi bias = vi_load(folded);
  dw_column w0 = dw_load_weights(folded + words);
  dw_column w1 = dw_load_weights(folded + 2 * words);
  dw_column w2 = dw_load_weights(folded + 3 * words);
  q_packed_bounds packed = q_load_packed_bounds(dw->epilogue);
  vf scale = vf_load((const float *)constants + CK_DWQ_SCALE * words);
  q_narrow narrow;
  const int32_t *multiplier = constants + CK_DWQ_MULTIPLIER * words;
  const int32_t *shift = constants + CK_DWQ_SHIFT * words;
  bool is_narrow = q_load_narrow(multiplier, shift, folded, count, &narrow, true);
  q_channels channels = q_load_channels(multiplier, shift, NULL, NULL, CK_OUT_INT8,
                                        CK_SCALE_FIXED_POINT);
  ptrdiff_t x = -s->pad_left;
  dw_column c0 = dw_bytes_column(dw, &rows, x, full, count);
  dw_column c1 = stride == 1 ? dw_bytes_column(dw, &rows, x + 1, full, count) : c0;
  to += channel;
  for (size_t o = 0; o < s->out_width; o += 4, to += 4 * step) {
    vi values[4];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++, x += (ptrdiff_t)stride) {
      if (stride == 2) c1 = dw_bytes_column(dw, &rows, x + 1, full, count);
      dw_column c2 = dw_bytes_column(dw, &rows, x + 2, full, count);
      vi sum = dw_add_column(dw_add_column(bias, c0, w0), c1, w1);
      values[i] = dw_add_column(sum, c2, w2);
      c0 = stride == 1 ? c1 : c2;
      c1 = c2;
    }
    if (scaling == CK_SCALE_FLOAT) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) values[i] = q_scale_nearest(values[i], scale);
    } else if (is_narrow) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) values[i] = q_scale_narrow(values[i], &narrow, true);
    } else {
      for (size_t i = 0; i < 4; i++) values[i] = q_scale_twice(values[i], &channels);
    }
    q_store_four(values, &packed, to, step, s->out_width - o, full ? CK_LANES : count);
  }
}

#define DW_BYTES(NAME, STRIDE, SCALING)                                                        \
  static void NAME(const dw_bytes *dw, char *to) {                                             \
    size_t c = dw->line.channel_begin, end = dw->line.channel_end;                             \
    for (; c + CK_LANES <= end; c += CK_LANES)                                                 \
      dw_bytes_channels(dw, to, c, true, CK_LANES, STRIDE, SCALING);                           \
    if (c < end) dw_bytes_channels(dw, to, c, false, end - c, STRIDE, SCALING);                \
  }
DW_BYTES(dw_bytes_1_twice, 1, CK_SCALE_FIXED_POINT)
DW_BYTES(dw_bytes_2_twice, 2, CK_SCALE_FIXED_POINT)
DW_BYTES(dw_bytes_1_float, 1, CK_SCALE_FLOAT)
DW_BYTES(dw_bytes_2_float, 2, CK_SCALE_FLOAT)
#undef DW_BYTES

/// Whether the layer is of the kind that the functions above compute.
CK_INLINE bool dw_bytes_fits(const ck_conv_plan *plan, const ck_quantization *q,
                             const ck_quantized_epilogue *e) {
  const ck_conv_shape *s = &plan->shape;
  return plan->element != CK_INT16 && (e->output == CK_OUT_INT8 || e->output == CK_OUT_UINT8) &&
         (e->scaling == CK_SCALE_FIXED_POINT || e->scaling == CK_SCALE_FLOAT) &&
         ck_depthwise_packs_bytes(s, q) && s->stride_width <= 2 && s->dilation_width == 1 &&
         s->out_channels == s->in_channels;
}

static void dw_bytes_run(const ck_conv_plan *plan, const int32_t *packed,
                         const ck_quantization *q, const void *input, char *output,
                         const ck_quantized_epilogue *e, size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  dw_bytes dw = {plan, e, .words = ck_depthwise_channels(s),
                 .taps_at = CK_DWQ_WEIGHTS + plan->taps,
                 .flip = plan->element == CK_INT8 ? 0x80 : 0,
                 .zero = ck_unsigned_zero_point(plan->element, q->input_zero_point)};
  bool fixed = e->scaling == CK_SCALE_FIXED_POINT;
  void (*run)(const dw_bytes *, char *) =
      s->stride_width == 1 ? (fixed ? dw_bytes_1_twice : dw_bytes_1_float)
                           : (fixed ? dw_bytes_2_twice : dw_bytes_2_float);
  for (size_t job = job_begin; job < job_end; job++) {
    dw.line = ck_depthwise_job(plan, job);
    dw.constants = packed + dw.line.variant * ck_depthwise_q_rows(s) * dw.words;
    dw.image = (const char *)input +
               dw.line.image * s->in_height * s->in_width * s->in_pixel_stride;
    size_t pixel = (dw.line.image * s->out_height + dw.line.y) * s->out_width;
    run(&dw, output + pixel * s->out_pixel_stride + dw.line.variant * s->out_channels);
  }
}

#endif
