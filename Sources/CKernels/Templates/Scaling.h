// From an integer sum to an output value, and storing it.

typedef int64_t vq __attribute__((ext_vector_type(CK_LANES / 2)));

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
