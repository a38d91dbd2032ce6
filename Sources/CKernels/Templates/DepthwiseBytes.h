// Depthwise 3x3 convolution of bytes with VNNI: the three taps of a filter column are three bytes of
// a lane, so that one instruction adds all of them. Columns slide along x in registers.
//
// Padding is read as the input's zero point, whose share is taken from the bias when packing.

#if CK_HAS_VNNI

typedef struct {
  const ck_conv_plan *plan;
  const ck_quantized_epilogue *epilogue;
  ck_depthwise_line line;
  const int32_t *constants; // of the line's variant
  const char *image;
  size_t words;   // of a row of constants
  size_t taps_at; // rows before the folded bias
  uint32_t flip;  // turns four signed activations into unsigned ones
  uint32_t zero;  // three unsigned zero points
} dw_bytes;

/// The three input rows of a line, for 16 channels; where a row is padding, `step` is 0.
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

/// The first `count` of 16 bytes, each in a lane.
CK_INLINE __m512i dw_bytes_widen(const char *from, const bool full, size_t count) {
  if (full) return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i_u *)from));
  return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1), from));
}

/// The taps of input column `x`, as unsigned bytes.
CK_INLINE __m512i dw_bytes_column(const dw_bytes *dw, const dw_bytes_rows *rows, ptrdiff_t x,
                                  const bool full, size_t count) {
  if (x < 0 || x >= (ptrdiff_t)dw->plan->shape.in_width) return _mm512_set1_epi32((int)dw->zero);
  __m512i first = dw_bytes_widen(rows->from[0] + x * rows->step[0], full, count);
  __m512i second = dw_bytes_widen(rows->from[1] + x * rows->step[1], full, count);
  __m512i third = dw_bytes_widen(rows->from[2] + x * rows->step[2], full, count);
  __m512i flip = _mm512_set1_epi32((int)(dw->flip & 0xFFFFFF));
  return _mm512_xor_si512(
      _mm512_xor_si512(_mm512_slli_epi32(second, 8), _mm512_slli_epi32(third, 16)),
      _mm512_xor_si512(first, flip));
}

/// One output line of the first `count` of 16 channels, which are all if `full`.
CK_INLINE void dw_bytes_channels(const dw_bytes *dw, char *to, size_t channel, const bool full,
                                 size_t count, const size_t stride, const ck_scaling scaling) {
  const ck_conv_shape *s = &dw->plan->shape;
  const int32_t *constants = dw->constants + channel;
  size_t words = dw->words, step = s->out_pixel_stride;
  const int32_t *folded = constants + dw->taps_at * words;
  char padding[CK_LANES];
  memset(padding, (int)((dw->zero ^ dw->flip) & 0xFF), sizeof padding);
  dw_bytes_rows rows = dw_bytes_load_rows(dw, padding, channel);
  __m512i bias = _mm512_loadu_si512(folded);
  __m512i w0 = _mm512_loadu_si512(folded + words);
  __m512i w1 = _mm512_loadu_si512(folded + 2 * words);
  __m512i w2 = _mm512_loadu_si512(folded + 3 * words);
  q_packed_bounds packed = q_load_packed_bounds(dw->epilogue);
  vf scale = vf_load((const float *)constants + CK_DWQ_SCALE * words);
  q_narrow narrow;
  const int32_t *multiplier = constants + CK_DWQ_MULTIPLIER * words;
  const int32_t *shift = constants + CK_DWQ_SHIFT * words;
  bool is_narrow = q_load_narrow(multiplier, shift, folded, count, &narrow);
  q_channels channels = q_load_channels(multiplier, shift, NULL, NULL, CK_OUT_INT8,
                                        CK_SCALE_FIXED_POINT);
  ptrdiff_t x = -s->pad_left;
  __m512i c0 = dw_bytes_column(dw, &rows, x, full, count);
  __m512i c1 = stride == 1 ? dw_bytes_column(dw, &rows, x + 1, full, count) : c0;
  to += channel;
  for (size_t o = 0; o < s->out_width; o += 4, to += 4 * step) {
    vi values[4];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++, x += (ptrdiff_t)stride) {
      if (stride == 2) c1 = dw_bytes_column(dw, &rows, x + 1, full, count);
      __m512i c2 = dw_bytes_column(dw, &rows, x + 2, full, count);
      __m512i sum = _mm512_dpbusd_epi32(bias, c0, w0);
      sum = _mm512_dpbusd_epi32(sum, c1, w1);
      values[i] = (vi)_mm512_dpbusd_epi32(sum, c2, w2);
      c0 = stride == 1 ? c1 : c2;
      c1 = c2;
    }
    if (scaling == CK_SCALE_FLOAT) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) values[i] = q_scale_nearest(values[i], scale);
    } else if (is_narrow) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) values[i] = q_scale_narrow(values[i], &narrow);
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
  uint32_t zero = (uint32_t)ck_unsigned_zero_point(plan->element, q->input_zero_point) & 0xFF;
  dw_bytes dw = {plan, e, .words = ck_depthwise_channels(s),
                 .taps_at = CK_DWQ_WEIGHTS + plan->taps,
                 .flip = plan->element == CK_INT8 ? 0x80808080u : 0, .zero = zero * 0x010101u};
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
