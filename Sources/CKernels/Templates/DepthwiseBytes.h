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

/// The taps of input column `x`, as unsigned bytes.
CK_INLINE __m512i dw_bytes_column(const dw_bytes *dw, ptrdiff_t x, size_t channel,
                                  __mmask16 mask) {
  const ck_conv_shape *s = &dw->plan->shape;
  if (x < 0 || x >= (ptrdiff_t)s->in_width) return _mm512_set1_epi32((int)dw->zero);
  ptrdiff_t at = x * (ptrdiff_t)s->in_pixel_stride + (ptrdiff_t)channel;
  __m512i column = _mm512_setzero_si512();
#pragma clang loop unroll(full)
  for (int ky = 0; ky < 3; ky++) {
    ptrdiff_t row = dw->line.row_offsets[ky];
    __m512i tap = _mm512_set1_epi32((int)((dw->zero ^ dw->flip) & 0xFF));
    if (row >= 0)
      tap = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, dw->image + row + at));
    column = _mm512_or_si512(column, _mm512_slli_epi32(tap, 8 * ky));
  }
  return _mm512_xor_si512(column, _mm512_set1_epi32((int)(dw->flip & 0xFFFFFF)));
}

/// One output line of up to 16 channels.
CK_INLINE void dw_bytes_channels(const dw_bytes *dw, char *to, size_t channel, size_t count,
                                 const size_t stride, const ck_scaling scaling) {
  const ck_conv_shape *s = &dw->plan->shape;
  const int32_t *constants = dw->constants + channel;
  size_t words = dw->words, step = s->out_pixel_stride;
  const int32_t *folded = constants + dw->taps_at * words;
  __mmask16 mask = (__mmask16)(count >= CK_LANES ? 0xFFFF : (1u << count) - 1);
  __m512i bias = _mm512_loadu_si512(folded);
  __m512i w0 = _mm512_loadu_si512(folded + words);
  __m512i w1 = _mm512_loadu_si512(folded + 2 * words);
  __m512i w2 = _mm512_loadu_si512(folded + 3 * words);
  q_byte_bounds bounds = q_load_bounds(dw->epilogue);
  q_channels channels = q_load_channels(
      constants + CK_DWQ_MULTIPLIER * words, constants + CK_DWQ_SHIFT * words,
      (const float *)constants + CK_DWQ_SCALE * words,
      (const float *)constants + CK_DWQ_BIAS_F32 * words, CK_OUT_INT8, scaling);
  ptrdiff_t x = -s->pad_left;
  __m512i c0 = dw_bytes_column(dw, x, channel, mask);
  __m512i c1 = stride == 1 ? dw_bytes_column(dw, x + 1, channel, mask) : c0;
  to += channel;
  for (size_t o = 0; o < s->out_width; o++, to += step) {
    if (stride == 2) c1 = dw_bytes_column(dw, x + 1, channel, mask);
    __m512i c2 = dw_bytes_column(dw, x + 2, channel, mask);
    __m512i sum = _mm512_dpbusd_epi32(bias, c0, w0);
    sum = _mm512_dpbusd_epi32(sum, c1, w1);
    sum = _mm512_dpbusd_epi32(sum, c2, w2);
    __m512i value = (__m512i)q_scale_bytes((vi)sum, &channels, &bounds, scaling);
    _mm_mask_storeu_epi8(to, mask, _mm512_cvtepi32_epi8(value));
    c0 = stride == 1 ? c1 : c2;
    c1 = c2;
    x += (ptrdiff_t)stride;
  }
}

#define DW_BYTES(NAME, STRIDE, SCALING)                                                        \
  static void NAME(const dw_bytes *dw, char *to) {                                             \
    for (size_t c = dw->line.channel_begin; c < dw->line.channel_end; c += CK_LANES)           \
      dw_bytes_channels(dw, to, c, dw->line.channel_end - c, STRIDE, SCALING);                 \
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
