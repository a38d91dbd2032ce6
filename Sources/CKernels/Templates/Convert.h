// Conversions between number formats.

typedef uint16_t vh __attribute__((ext_vector_type(CK_LANES)));

CK_INLINE vf vf_from_f16(vh half) {
#if CK_LANES == 16
  return (vf)_mm512_cvtph_ps((__m256i)half);
#elif CK_LANES == 8
  return (vf)_mm256_cvtph_ps((__m128i)half);
#else
  vu bits = __builtin_convertvector(half, vu);
  vu sign = (bits & 0x8000) << 16, magnitude = bits & 0x7FFF;
  // The exponent moves by 112; multiplying instead of adding normalises denormals. Infinity and
  // NaN need the largest exponent.
  vf value = (vf)(magnitude << 13) * 0x1p112f;
  vu special = magnitude << 13 | 0x7F800000;
  // The type of a comparison is signed.
  vu result = (vi)magnitude >= 0x7C00 ? special : (vu)value;
  return (vf)(result | sign);
#endif
}

CK_INLINE vh vf_to_f16(vf x) {
#if CK_LANES == 16
  return (vh)_mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT);
#elif CK_LANES == 8
  return (vh)_mm256_cvtps_ph((__m256)x, _MM_FROUND_TO_NEAREST_INT);
#else
  vu bits = (vu)x, sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  // Denormals: adding 0.5 leaves the value in units of 2^-24 in the low bits, rounded.
  vu small = (vu)((vf)magnitude + 0.5f) - 0x3F000000;
  vu odd = magnitude >> 13 & 1;
  vu normal = (magnitude - (112u << 23) + 0xFFF + odd) >> 13;
  vi m = (vi)magnitude;
  vu result = m < 0x38800000 ? small : normal;
  result = m >= 0x47800000 ? (vu)0x7C00 : result;
  // A quiet NaN keeps the upper bits of its payload.
  result = m > 0x7F800000 ? (0x7E00 | (magnitude >> 13 & 0x1FF)) : result;
  return __builtin_convertvector(result | sign, vh);
#endif
}

CK_INLINE vf vf_from_bf16(vh brain) {
  return (vf)(__builtin_convertvector(brain, vu) << 16);
}

CK_INLINE vh vf_to_bf16(vf x) {
  vu bits = (vu)x;
  vu rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  // Rounding could turn a NaN into infinity; setting its quiet bit cannot.
  vu quiet = bits >> 16 | 0x40;
  return __builtin_convertvector(x != x ? quiet : rounded, vh);
}

CK_INLINE vh vh_load(const uint16_t *from, size_t count) {
  vh v = (vh)0;
  memcpy(&v, from, ck_min(count, CK_LANES) * sizeof *from);
  return v;
}

CK_INLINE void vh_store(uint16_t *to, vh v, size_t count) {
  memcpy(to, &v, ck_min(count, CK_LANES) * sizeof *to);
}

#define WIDEN(NAME)                                                                    \
  static void CK_NAME(NAME##_to_f32)(const uint16_t *in, float *out, size_t count) {   \
    size_t i = 0;                                                                      \
    for (; i + CK_LANES <= count; i += CK_LANES)                                       \
      vf_store(out + i, vf_from_##NAME(vh_load(in + i, CK_LANES)));                    \
    if (i < count) vf_store_part(out + i, vf_from_##NAME(vh_load(in + i, count - i)), count - i); \
  }
WIDEN(f16)
WIDEN(bf16)
#undef WIDEN

#define NARROW(NAME)                                                                   \
  static void CK_NAME(f32_to_##NAME)(const float *in, uint16_t *out, size_t count) {   \
    size_t i = 0;                                                                      \
    for (; i + CK_LANES <= count; i += CK_LANES)                                       \
      vh_store(out + i, vf_to_##NAME(vf_load(in + i)), CK_LANES);                      \
    if (i < count) vh_store(out + i, vf_to_##NAME(vf_load_part(in + i, count - i)), count - i); \
  }
NARROW(f16)
NARROW(bf16)
#undef NARROW

/// The quantum nearest to `x`, less the zero point, as a float.
CK_INLINE vf affine_round(vf x, const ck_affine *a) {
  vf scaled = vf_clamp(x / a->scale, vf_splat((float)(a->lower - a->zero_point)),
                       vf_splat((float)(a->upper - a->zero_point)));
  vf even = vf_round(scaled);
  if (a->rounding == CK_ROUND_EVEN) return even;
  // A half that went to the even side below it in magnitude goes up instead.
  vf rest = scaled - even;
  vf up = scaled > 0.0f ? vf_splat(1) : vf_splat(0), down = scaled < 0.0f ? vf_splat(1) : vf_splat(0);
  return rest == 0.5f ? even + up : rest == -0.5f ? even - down : even;
}

static void CK_NAME(quantize)(const float *in, ck_affine affine, ck_output output, void *out,
                              size_t count) {
  for (size_t i = 0; i < count; i += CK_LANES) {
    size_t left = count - i;
    vf x = left >= CK_LANES ? vf_load(in + i) : vf_load_part(in + i, left);
    vi value = vf_round_to_integer(affine_round(x, &affine)) + affine.zero_point;
    // NaN passed the clamp.
    vi lower = affine.lower, upper = affine.upper;
    value = value < lower ? lower : value;
    value = value > upper ? upper : value;
    if (output == CK_OUT_INT32) {
      memcpy((int32_t *)out + i, &value, ck_min(left, CK_LANES) * sizeof(int32_t));
    } else {
      q_store_integers(value, output, out, i, left);
    }
  }
}

static void CK_NAME(dequantize)(const void *in, ck_output input, ck_affine affine, float *out,
                                size_t count) {
  for (size_t i = 0; i < count; i += CK_LANES) {
    size_t part = ck_min(count - i, CK_LANES);
    vi value = (vi)0;
    if (input == CK_OUT_INT8) {
      vb bytes = (vb)0;
      memcpy(&bytes, (const int8_t *)in + i, part);
      value = __builtin_convertvector(bytes, vi);
    } else if (input == CK_OUT_UINT8) {
      vub bytes = (vub)0;
      memcpy(&bytes, (const uint8_t *)in + i, part);
      value = __builtin_convertvector(bytes, vi);
    } else if (input == CK_OUT_INT16) {
      vs words = (vs)0;
      memcpy(&words, (const int16_t *)in + i, part * 2);
      value = __builtin_convertvector(words, vi);
    } else {
      memcpy(&value, (const int32_t *)in + i, part * 4);
    }
    vf real = __builtin_convertvector(value - affine.zero_point, vf) * affine.scale;
    if (part == CK_LANES) {
      vf_store(out + i, real);
    } else {
      vf_store_part(out + i, real, part);
    }
  }
}

static void CK_NAME(fake_quantize)(const float *in, ck_affine affine, float *out, size_t count) {
  size_t i = 0;
  for (; i + CK_LANES <= count; i += CK_LANES)
    vf_store(out + i, affine_round(vf_load(in + i), &affine) * affine.scale);
  if (i == count) return;
  vf x = vf_load_part(in + i, count - i);
  vf_store_part(out + i, affine_round(x, &affine) * affine.scale, count - i);
}

/// Smallest and largest value of a row.
CK_INLINE void row_range(const float *row, size_t count, float *lower, float *upper) {
  *lower = row_reduce(ROW_MIN, row, count, 0, 0);
  *upper = row_reduce(ROW_MAX, row, count, 0, 0);
}

/// out = clamp(round(offset + x * inverse)), halves away from zero.
CK_INLINE void quantize_row(const float *in, int8_t *out, size_t count, float inverse,
                            float offset, int32_t lower) {
  ck_affine unit = {1, 0, lower, 127, CK_ROUND_AWAY};
  for (size_t i = 0; i < count; i += CK_LANES) {
    size_t left = count - i;
    vf x = left >= CK_LANES ? vf_load(in + i) : vf_load_part(in + i, left);
    q_store_integers(vf_round_to_integer(affine_round(x * inverse + offset, &unit)), CK_OUT_INT8,
                     (char *)out, i, left);
  }
}

static void CK_NAME(quantize_rows)(const float *in, int8_t *out, float *scales,
                                   int32_t *zero_points, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, in += columns, out += columns) {
    float lower, upper;
    row_range(in, columns, &lower, &upper);
    if (zero_points == NULL) {
      float range = fmaxf(fabsf(lower), fabsf(upper));
      scales[r] = range == 0 ? 1 : range / 127;
      quantize_row(in, out, columns, range == 0 ? 0 : 127 / range, 0, -127);
      continue;
    }
    double low = fmin(0, lower), high = fmax(0, upper);
    if (low == high) {
      scales[r] = 1;
      zero_points[r] = 0;
      memset(out, 0, columns);
      continue;
    }
    // The zero point is taken from the end of the range whose arithmetic loses less.
    double scale = (high - low) / 255, from_low = -128 - low / scale, from_high = 127 - high / scale;
    bool low_is_better = 128 + fabs(low / scale) < 127 + fabs(high / scale);
    double zero_point = low_is_better ? from_low : from_high;
    zero_points[r] = zero_point <= -128 ? -128
                     : zero_point >= 127 ? 127
                                         : (int32_t)round(zero_point);
    scales[r] = (float)scale;
    quantize_row(in, out, columns, 1.0f / scales[r], (float)zero_points[r], -128);
  }
}
