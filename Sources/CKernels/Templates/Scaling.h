// From an integer sum to an output value, and storing it.

/// Constants of the channels of one vector; pointers to its first channel.
typedef struct {
  const int32_t *multiplier, *shift;
  const float *scale, *bias_f32;
} q_channels;

/// The vector form of `ck_scale_fixed_point`.
CK_INLINE vi q_scale_twice(vi sum, vi multiplier, vi shift) {
  vi left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  sum = (vi)((vu)sum << (vu)left);
  vl product = __builtin_convertvector(sum, vl) * __builtin_convertvector(multiplier, vl);
  vi high = __builtin_convertvector((product + (1 << 30)) >> 31, vi);
  vi mask = (vi)(((vu)1 << (vu)right) - 1);
  vi threshold = (mask >> 1) + (vi)((vu)high >> 31);
  // A comparison yields -1 where it holds.
  return (high >> right) - ((high & mask) > threshold);
}

CK_INLINE vi q_scale_once(vi sum, vi multiplier, vi shift) {
  vl product = __builtin_convertvector(sum, vl) * __builtin_convertvector(multiplier, vl);
  vl total = __builtin_convertvector(31 - shift, vl);
  return __builtin_convertvector((product + ((vl)1 << (total - 1))) >> total, vi);
}

/// Rounds values of magnitude below 2^22 to nearest even: adding 1.5 * 2^23 leaves no fraction.
CK_INLINE vi vf_round_to_integer(vf x) {
  const float magic = 12582912.0f;
  return __builtin_convertvector((x + magic) - magic, vi);
}

CK_INLINE vi q_scale_float(vi sum, vf scale, const ck_quantized_epilogue *e) {
  vf value = __builtin_convertvector(sum, vf) * scale;
  value = vf_clamp(value, vf_splat((float)(e->lower - e->output_zero_point)),
                   vf_splat((float)(e->upper - e->output_zero_point)));
  return vf_round_to_integer(value);
}

/// Scales, adds the output's zero point, clamps.
CK_INLINE vi q_scale(vi sum, q_channels channels, const ck_quantized_epilogue *e) {
  vi value;
  if (e->scaling == CK_SCALE_FLOAT) {
    value = q_scale_float(sum, vf_load(channels.scale), e);
  } else {
    vi multiplier = vi_load(channels.multiplier), shift = vi_load(channels.shift);
    value = e->scaling == CK_SCALE_FIXED_POINT ? q_scale_twice(sum, multiplier, shift)
                                               : q_scale_once(sum, multiplier, shift);
  }
  value += e->output_zero_point;
  vi lower = e->lower, upper = e->upper;
  value = value < lower ? lower : value;
  return value > upper ? upper : value;
}

CK_INLINE vf q_to_float(vi sum, q_channels channels, const ck_quantized_epilogue *e, size_t row) {
  vf scale = vf_load(channels.scale), row_scale = vf_splat(1);
  if (e->row_scales != NULL) row_scale = vf_splat(e->row_scales[row / e->rows_per_scale]);
  vf value = __builtin_convertvector(sum, vf);
  value = e->scales_first ? value * (row_scale * scale) : value * scale * row_scale;
  // The product is rounded before the bias is added, as in the kernels this reproduces.
  __asm__("" : CK_REGISTER(value));
  value = value + vf_load(channels.bias_f32);
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
    vb narrow = __builtin_convertvector(value, vb);
    for (size_t i = 0; i < count; i++) to[at + i] = narrow[i];
  }
}

/// Scales and stores the first `count` lanes at element `at` of the output row `to`.
CK_INLINE void q_store(vi sum, q_channels channels, const ck_quantized_epilogue *e, size_t row,
                       char *to, size_t at, size_t count) {
  if (e->output == CK_OUT_FLOAT32 || e->output == CK_OUT_INT32) {
    vf value = e->output == CK_OUT_INT32 ? (vf)sum : q_to_float(sum, channels, e, row);
    if (count >= CK_LANES) {
      vf_store((float *)to + at, value);
    } else {
      vf_store_part((float *)to + at, value, count);
    }
  } else {
    q_store_integers(q_scale(sum, channels, e), e->output, to, at, count);
  }
}
