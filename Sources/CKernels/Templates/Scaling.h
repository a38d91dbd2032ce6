// From an integer sum to an output value, and storing it.

typedef int64_t vq __attribute__((ext_vector_type(CK_LANES / 2)));
typedef uint64_t vqu __attribute__((ext_vector_type(CK_LANES / 2)));

/// Constants of the channels of one vector, in the form the scaling needs.
typedef struct {
  // Fixed point: multipliers of even and odd lanes as 64-bit integers, shifts of each direction,
  // the bits a right shift drops, and half of their range.
  vq even, odd;
  vi left, right, dropped, half;
  vl wide, wide_shift; // for rounding once
  vf scale, bias;
} q_channels;

CK_INLINE q_channels q_load_channels(const int32_t *multiplier, const int32_t *shift,
                                     const float *scale, const float *bias,
                                     const ck_output output, const ck_scaling scaling) {
  q_channels c = {0};
  if (output == CK_OUT_FLOAT32) {
    c.scale = vf_load(scale);
    c.bias = vf_load(bias);
  } else if (scaling == CK_SCALE_FLOAT) {
    c.scale = vf_load(scale);
  } else {
    vi m = vi_load(multiplier), s = vi_load(shift);
    c.even = (vq)m << 32 >> 32;
    c.odd = (vq)m >> 32;
    c.left = s > 0 ? s : 0;
    c.right = s > 0 ? 0 : -s;
    c.dropped = (vi)(((vu)1 << (vu)c.right) - 1);
    c.half = c.dropped >> 1;
    c.wide = __builtin_convertvector(m, vl);
    c.wide_shift = __builtin_convertvector(31 - s, vl);
  }
  return c;
}

/// The vector form of `ck_scale_fixed_point`.
CK_INLINE vi q_scale_twice(vi sum, const q_channels *c) {
  const vq round = (vq)(int64_t)(1 << 30), high_half = (vq)(int64_t)0xFFFFFFFF00000000;
  vq shifted = (vq)((vu)sum << (vu)c->left);
  // Bits 31 to 62 of each product, moved to the lane they came from.
  vq even = ((shifted << 32 >> 32) * c->even + round) >> 31;
  vq odd = ((shifted >> 32) * c->odd + round) << 1;
  vi high = (vi)((even & ~high_half) | (odd & high_half));
  vi threshold = c->half + (vi)((vu)high >> 31);
  // A comparison yields -1 where it holds.
  return (high >> c->right) - ((high & c->dropped) > threshold);
}

CK_INLINE vi q_scale_once(vi sum, const q_channels *c) {
  vl product = __builtin_convertvector(sum, vl) * c->wide;
  return __builtin_convertvector(
      (product + ((vl)1 << (c->wide_shift - 1))) >> c->wide_shift, vi);
}

CK_INLINE vi q_scale_float(vi sum, vf scale, const ck_quantized_epilogue *e) {
  vf value = __builtin_convertvector(sum, vf) * scale;
  value = vf_clamp(value, vf_splat((float)(e->lower - e->output_zero_point)),
                   vf_splat((float)(e->upper - e->output_zero_point)));
  return vf_round_to_integer(value) + e->output_zero_point;
}

/// Scales, adds the output's zero point, clamps.
CK_INLINE vi q_scale(vi sum, const q_channels *c, const ck_quantized_epilogue *e,
                     const ck_scaling scaling) {
  if (scaling == CK_SCALE_FLOAT) return q_scale_float(sum, c->scale, e);
  vi value = scaling == CK_SCALE_FIXED_POINT ? q_scale_twice(sum, c) : q_scale_once(sum, c);
  value += e->output_zero_point;
  vi lower = e->lower, upper = e->upper;
  value = value < lower ? lower : value;
  return value > upper ? upper : value;
}

/// Zero point and bounds of 8-bit outputs, ready for vectors.
typedef struct {
  vi zero, lower, upper;
  vf float_lower, float_upper;
} q_byte_bounds;

CK_INLINE q_byte_bounds q_load_bounds(const ck_quantized_epilogue *e) {
  return (q_byte_bounds){
      .zero = (vi)e->output_zero_point,
      .lower = (vi)e->lower,
      .upper = (vi)e->upper,
      .float_lower = vf_splat((float)(e->lower - e->output_zero_point)),
      .float_upper = vf_splat((float)(e->upper - e->output_zero_point)),
  };
}

/// `q_scale` with everything but the sum in registers.
CK_INLINE vi q_scale_bytes(vi sum, const q_channels *c, const q_byte_bounds *b,
                           const ck_scaling scaling) {
  if (scaling == CK_SCALE_FLOAT) {
    vf value = __builtin_convertvector(sum, vf) * c->scale;
    return vf_round_to_integer(vf_clamp(value, b->float_lower, b->float_upper)) + b->zero;
  }
  vi value = q_scale_twice(sum, c) + b->zero;
  value = value < b->lower ? b->lower : value;
  return value > b->upper ? b->upper : value;
}

#if CK_PACKS_BYTES

#if CK_LANES == 16
#define CK_X86(NAME) _mm512_##NAME
typedef __m512i vx;
typedef __m512 vxf;
#else
#define CK_X86(NAME) _mm256_##NAME
typedef __m256i vx;
typedef __m256 vxf;
#endif

/// Fixed-point constants of channels that are scaled by less than one, and whose sums stay below 2^30:
/// then nothing overflows and both roundings need only a few instructions.
typedef struct {
  vi even, odd;             // twice the multipliers, modulo 2^32
  vi round_even, round_odd; // halves of both roundings
  vi right, shifts;         // right shifts, and -1 where there is one
} q_narrow;

/// Fills the constants; returns false where one of the first `count` channels is of another kind.
/// Products add at most 2^29 to the bias. `shifts` says that all channels have to have a right shift.
CK_INLINE bool q_load_narrow(const int32_t *multiplier, const int32_t *shift, const int32_t *bias,
                             size_t count, q_narrow *c, const bool shifts) {
  static const int32_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const int32_t bound = (1 << 29) - 1;
  const vqu high_half = (vqu)UINT64_C(0xFFFFFFFF00000000), half = (vqu)(UINT64_C(1) << 31);
  vi m = vi_load(multiplier), s = vi_load(shift);
  vi is_bounded = (vu)vi_load(bias) + (uint32_t)bound <= 2u * (uint32_t)bound;
  vi fits = (m >= (1 << 30)) & (shifts ? s < 0 : s <= 0) & is_bounded;
  c->even = (vi)((vu)m << 1);
  c->odd = (vi)((vqu)c->even >> 32);
  c->right = -s;
  c->shifts = s < 0;
  vi lowest = (vi)((vu)1 << (((vu)c->right - 1) & 31));
  vqu dropped = (vqu)(shifts ? lowest : lowest & c->shifts);
  c->round_even = (vi)(dropped << 32 | half);
  c->round_odd = (vi)((dropped & high_half) | half);
  return __builtin_reduce_and(fits | (vi_load(numbers) >= (int32_t)count)) != 0;
}

/// The upper words of the products of even lanes and of odd lanes, each in its own lane.
CK_INLINE vi q_join_words(vi even, vi odd) {
#if CK_LANES == 16
  return (vi)_mm512_mask_movehdup_ps((vxf)odd, 0x5555, (vxf)even);
#else
  return (vi)_mm256_blend_ps(_mm256_movehdup_ps((vxf)even), (vxf)odd, 0xAA);
#endif
}

/// `q_scale_twice` for these channels.
///
/// The doubling high product is the upper word of `2 * sum * multiplier + 2^31`. Twice the multiplier
/// exceeds 31 bits: as a signed word it is 2^32 too small, which is corrected by adding the sum. Half
/// of the range of the right shift is added to the same word; ties of negative values, which round
/// away from zero, by one less.
CK_INLINE vi q_scale_narrow(vi sum, const q_narrow *c, const bool shifts) {
  vi odd = (vi)CK_X86(movehdup_ps)((vxf)sum);
  vqu low = (vqu)CK_X86(mul_epi32)((vx)sum, (vx)c->even) + (vqu)c->round_even;
  vqu high = (vqu)CK_X86(mul_epi32)((vx)odd, (vx)c->odd) + (vqu)c->round_odd;
  vi sign = shifts ? sum >> 31 : (sum >> 31) & c->shifts;
  return (q_join_words((vi)low, (vi)high) + (sum + sign)) >> c->right;
}

/// Scales by a float32 factor. What exceeds 32 bits becomes the largest or smallest value that is
/// clamped like the true one.
CK_INLINE vi q_scale_nearest(vi sum, vf scale) {
  vf value = __builtin_convertvector(sum, vf) * scale;
  return (vi)CK_X86(cvtps_epi32)(CK_X86(min_ps)((vxf)value, CK_X86(set1_ps)(1e6f)));
}

/// Zero point and bounds of bytes, computed as signed ones.
typedef struct {
  vx zero, lower, upper, flip;
} q_packed_bounds;

CK_INLINE q_packed_bounds q_load_packed_bounds(const ck_quantized_epilogue *e) {
  int32_t offset = e->output == CK_OUT_UINT8 ? 128 : 0;
  int32_t lower = e->lower < -128 + offset ? -128 + offset : e->lower;
  int32_t upper = e->upper > 127 + offset ? 127 + offset : e->upper;
  return (q_packed_bounds){
      .zero = CK_X86(set1_epi16)((int16_t)(e->output_zero_point - offset)),
      .lower = CK_X86(set1_epi8)((char)(lower - offset)),
      .upper = CK_X86(set1_epi8)((char)(upper - offset)),
      .flip = CK_X86(set1_epi8)((char)offset),
  };
}

#if CK_LANES == 16
#define Q_LANES(BYTES, INDEX) _mm512_extracti32x4_epi32((__m512i)(BYTES), INDEX)
typedef __m128i q_lanes;
#else
#define Q_LANES(BYTES, INDEX) ((vqu)(BYTES))[INDEX]
typedef uint64_t q_lanes;
#endif

/// Stores the bytes of one output, or the first `count` of them.
CK_INLINE void q_store_lanes(char *to, q_lanes lanes, size_t count) {
  if (count >= CK_LANES) {
    memcpy(to, &lanes, sizeof lanes);
  } else {
#if CK_LANES == 16
    _mm_mask_storeu_epi8(to, (__mmask16)((1u << count) - 1), lanes);
#else
    memcpy(to, &lanes, count);
#endif
  }
}

/// Adds the zero point to four vectors of scaled sums, clamps them, and stores the first `count`
/// bytes of the first `outputs`.
CK_INLINE void q_store_four(const vi values[4], const q_packed_bounds *b, char *to, size_t stride,
                            size_t outputs, size_t count) {
  vx first = CK_X86(packs_epi32)((vx)values[0], (vx)values[1]);
  vx second = CK_X86(packs_epi32)((vx)values[2], (vx)values[3]);
  vx bytes = CK_X86(packs_epi16)(CK_X86(adds_epi16)(first, b->zero),
                                 CK_X86(adds_epi16)(second, b->zero));
  bytes = CK_X86(min_epi8)(CK_X86(max_epi8)(bytes, b->lower), b->upper);
  // Each lane of 128 bits holds four channels of the four outputs.
  vi mixed = (vi)bytes ^ (vi)b->flip;
#if CK_LANES == 16
  vi ordered = __builtin_shufflevector(mixed, mixed, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11,
                                       15);
#else
  vi ordered = __builtin_shufflevector(mixed, mixed, 0, 4, 1, 5, 2, 6, 3, 7);
#endif
  q_store_lanes(to, Q_LANES(ordered, 0), count);
  if (outputs > 1) q_store_lanes(to + stride, Q_LANES(ordered, 1), count);
  if (outputs > 2) q_store_lanes(to + 2 * stride, Q_LANES(ordered, 2), count);
  if (outputs > 3) q_store_lanes(to + 3 * stride, Q_LANES(ordered, 3), count);
}

#endif

CK_INLINE vf q_to_float(vi sum, const q_channels *c, const ck_quantized_epilogue *e, size_t row) {
  vf row_scale = vf_splat(1);
  if (e->row_scales != NULL) row_scale = vf_splat(e->row_scales[row / e->rows_per_scale]);
  vf value = __builtin_convertvector(sum, vf);
  value = e->scales_first ? value * (row_scale * c->scale) : value * c->scale * row_scale;
  value = value + c->bias;
  return vf_clamp(value, vf_splat(e->lower_f32), vf_splat(e->upper_f32));
}

static const uint8_t q_output_bytes[] = {1, 1, 2, 4, 4};

/// Stores `count` integers of the output's type at element `at`.
CK_INLINE void q_store_integers(vi value, ck_output output, char *to, size_t at, size_t count) {
  if (output == CK_OUT_INT16) {
    vs narrow = __builtin_convertvector(value, vs);
    memcpy(to + at * 2, &narrow, ck_min(count, CK_LANES) * 2);
  } else if (count >= CK_LANES) {
    vb narrow = __builtin_convertvector(value, vb);
    memcpy(to + at, &narrow, sizeof narrow);
  } else {
#if CK_LANES == 16
    _mm_mask_storeu_epi8(to + at, (__mmask16)((1u << count) - 1),
                         _mm512_cvtepi32_epi8((__m512i)value));
#else
    vb narrow = __builtin_convertvector(value, vb);
    for (size_t i = 0; i < count; i++) to[at + i] = narrow[i];
#endif
  }
}

/// Scales and stores the first `count` lanes at element `at` of the output row `to`.
CK_INLINE void q_store(vi sum, const q_channels *channels, const ck_quantized_epilogue *e,
                       size_t row, char *to, size_t at, size_t count, const ck_output output,
                       const ck_scaling scaling) {
  if (output == CK_OUT_FLOAT32 || output == CK_OUT_INT32) {
    vf value = output == CK_OUT_INT32 ? (vf)sum : q_to_float(sum, channels, e, row);
    if (count >= CK_LANES) {
      vf_store((float *)to + at, value);
    } else {
      vf_store_part((float *)to + at, value, count);
    }
  } else {
    q_store_integers(q_scale(sum, channels, e, scaling), output, to, at, count);
  }
}
