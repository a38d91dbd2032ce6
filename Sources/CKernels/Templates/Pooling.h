// Pooling and bilinear resizing over NHWC.

/// One output line of a pooling, and the taps of one output pixel.
typedef struct {
  const ck_conv_shape *shape;
  size_t image, y;
  size_t ky_begin, ky_end, kx_begin, kx_end;
} pool_line;

/// The taps of output `o` inside `0 ..< in`, which are consecutive.
CK_INLINE void pool_taps(size_t o, size_t stride, size_t kernel, size_t dilation, ptrdiff_t pad,
                         size_t in, size_t *begin, size_t *end) {
  ptrdiff_t first = (ptrdiff_t)(o * stride) - pad, step = (ptrdiff_t)dilation;
  ptrdiff_t low = first < 0 ? (-first + step - 1) / step : 0;
  ptrdiff_t high = (ptrdiff_t)in > first ? ((ptrdiff_t)in - first + step - 1) / step : 0;
  *begin = ck_min((size_t)low, kernel);
  *end = ck_max(*begin, ck_min((size_t)high, kernel));
}

CK_INLINE pool_line pool_begin_line(const ck_conv_shape *s, size_t job) {
  pool_line line = {.shape = s, .image = job / s->out_height, .y = job % s->out_height};
  pool_taps(line.y, s->stride_height, s->kernel_height, s->dilation_height, s->pad_top,
            s->in_height, &line.ky_begin, &line.ky_end);
  return line;
}

CK_INLINE void pool_begin_pixel(pool_line *line, size_t x) {
  const ck_conv_shape *s = line->shape;
  pool_taps(x, s->stride_width, s->kernel_width, s->dilation_width, s->pad_left, s->in_width,
            &line->kx_begin, &line->kx_end);
}

/// Index of the input element of one tap.
CK_INLINE size_t pool_index(const pool_line *line, size_t x, size_t ky, size_t kx) {
  const ck_conv_shape *s = line->shape;
  size_t in_y = (size_t)((ptrdiff_t)(line->y * s->stride_height + ky * s->dilation_height) -
                         s->pad_top);
  size_t in_x =
      (size_t)((ptrdiff_t)(x * s->stride_width + kx * s->dilation_width) - s->pad_left);
  return ((line->image * s->in_height + in_y) * s->in_width + in_x) * s->in_pixel_stride;
}

CK_INLINE vf pool_load_f32(const float *from, size_t count) {
  return count >= CK_LANES ? vf_load(from) : vf_load_part(from, count);
}

CK_INLINE void pool_store_f32(float *to, vf value, size_t count) {
  if (count >= CK_LANES) {
    vf_store(to, value);
  } else {
    vf_store_part(to, value, count);
  }
}

#define POOL_INTEGER(NAME, ELEMENT, VECTOR)                                        \
  CK_INLINE vi pool_load_##NAME(const ELEMENT *from, size_t count) {               \
    VECTOR narrow = (VECTOR)0;                                                     \
    memcpy(&narrow, from, ck_min(count, CK_LANES) * sizeof *from);                 \
    return __builtin_convertvector(narrow, vi);                                    \
  }                                                                                \
  CK_INLINE void pool_store_##NAME(ELEMENT *to, vi value, size_t count) {          \
    VECTOR narrow = __builtin_convertvector(value, VECTOR);                        \
    memcpy(to, &narrow, ck_min(count, CK_LANES) * sizeof *to);                     \
  }
POOL_INTEGER(s8, int8_t, vb)
POOL_INTEGER(u8, uint8_t, vub)
POOL_INTEGER(s16, int16_t, vs)
#undef POOL_INTEGER

/// Sum divided by count, halves away from zero. Exact while sums stay below 2^23: both are then
/// exact in float32, and a quotient that is not whole is at least 1 / count from the next integer.
CK_INLINE vi pool_mean(vi sum, size_t count) {
  int32_t half = (int32_t)(count / 2);
  sum = sum > 0 ? sum + half : sum - half;
  vf quotient = __builtin_convertvector(sum, vf) / (float)count;
  return __builtin_convertvector(quotient, vi);
}

// A window of the channels from `c` on; START is the value before the first tap.
#define POOL_WINDOW(NAME, RESULT, START, COMBINE)                                   \
  RESULT = START;                                                                   \
  for (size_t ky = line.ky_begin; ky < line.ky_end; ky++) {                         \
    for (size_t kx = line.kx_begin; kx < line.kx_end; kx++) {                       \
      __auto_type value = pool_load_##NAME(in + pool_index(&line, x, ky, kx) + c, count); \
      RESULT = COMBINE;                                                             \
    }                                                                               \
  }

#define POOL_MAX(NAME, ELEMENT, VECTOR, SCALAR)                                                  \
  static void CK_NAME(max_pool_##NAME)(const ck_conv_shape *s, const ELEMENT *in, SCALAR lower,  \
                                       SCALAR upper, ELEMENT *out, size_t job_begin,             \
                                       size_t job_end) {                                         \
    VECTOR low = (VECTOR)lower, high = (VECTOR)upper;                                            \
    for (size_t job = job_begin; job < job_end; job++) {                                         \
      pool_line line = pool_begin_line(s, job);                                                  \
      ELEMENT *to = out + job * s->out_width * s->out_pixel_stride;                              \
      for (size_t x = 0; x < s->out_width; x++, to += s->out_pixel_stride) {                     \
        pool_begin_pixel(&line, x);                                                              \
        for (size_t c = 0; c < s->in_channels; c += CK_LANES) {                                  \
          size_t count = s->in_channels - c;                                                     \
          VECTOR max;                                                                            \
          POOL_WINDOW(NAME, max, low, ((value > max) | (value != value)) ? value : max)            \
          pool_store_##NAME(to + c, max > high ? high : max, count);                             \
        }                                                                                        \
      }                                                                                          \
    }                                                                                            \
  }
POOL_MAX(f32, float, vf, float)
POOL_MAX(s8, int8_t, vi, int32_t)
POOL_MAX(u8, uint8_t, vi, int32_t)
POOL_MAX(s16, int16_t, vi, int32_t)
#undef POOL_MAX

#define POOL_AVERAGE(NAME, ELEMENT)                                                              \
  static void CK_NAME(average_pool_##NAME)(const ck_conv_shape *s, const ELEMENT *in,            \
                                           int32_t lower, int32_t upper, ELEMENT *out,           \
                                           size_t job_begin, size_t job_end) {                   \
    vi low = (vi)lower, high = (vi)upper;                                                        \
    for (size_t job = job_begin; job < job_end; job++) {                                         \
      pool_line line = pool_begin_line(s, job);                                                  \
      ELEMENT *to = out + job * s->out_width * s->out_pixel_stride;                              \
      for (size_t x = 0; x < s->out_width; x++, to += s->out_pixel_stride) {                     \
        pool_begin_pixel(&line, x);                                                              \
        size_t taps = (line.ky_end - line.ky_begin) * (line.kx_end - line.kx_begin);             \
        bool is_exact = taps << (8 * sizeof *in) < (size_t)1 << 23;                              \
        for (size_t c = 0; c < s->in_channels; c += CK_LANES) {                                  \
          size_t count = s->in_channels - c;                                                     \
          vi mean = (vi)0;                                                                       \
          if (is_exact && taps > 0) {                                                            \
            vi sum;                                                                              \
            POOL_WINDOW(NAME, sum, (vi)0, sum + value)                                           \
            mean = pool_mean(sum, taps);                                                         \
          } else if (taps > 0) {                                                                 \
            vl sum;                                                                              \
            POOL_WINDOW(NAME, sum, (vl)0, sum + __builtin_convertvector(value, vl))              \
            int64_t half = (int64_t)(taps / 2);                                                  \
            sum = (sum > 0 ? sum + half : sum - half) / (int64_t)taps;                           \
            mean = __builtin_convertvector(sum, vi);                                             \
          }                                                                                      \
          mean = mean < low ? low : mean;                                                        \
          pool_store_##NAME(to + c, mean > high ? high : mean, count);                           \
        }                                                                                        \
      }                                                                                          \
    }                                                                                            \
  }
POOL_AVERAGE(s8, int8_t)
POOL_AVERAGE(u8, uint8_t)
POOL_AVERAGE(s16, int16_t)
#undef POOL_AVERAGE

static void CK_NAME(average_pool_f32)(const ck_conv_shape *s, const float *in, float lower,
                                      float upper, bool counts_padding, float *out,
                                      size_t job_begin, size_t job_end) {
  for (size_t job = job_begin; job < job_end; job++) {
    pool_line line = pool_begin_line(s, job);
    float *to = out + job * s->out_width * s->out_pixel_stride;
    for (size_t x = 0; x < s->out_width; x++, to += s->out_pixel_stride) {
      pool_begin_pixel(&line, x);
      size_t taps = (line.ky_end - line.ky_begin) * (line.kx_end - line.kx_begin);
      if (counts_padding) taps = s->kernel_height * s->kernel_width;
      float divisor = taps > 0 ? (float)taps : 1;
      for (size_t c = 0; c < s->in_channels; c += CK_LANES) {
        size_t count = s->in_channels - c;
        vf sum;
        POOL_WINDOW(f32, sum, vf_splat(0), sum + value)
        pool_store_f32(to + c, vf_clamp(sum / divisor, vf_splat(lower), vf_splat(upper)), count);
      }
    }
  }
}
#undef POOL_WINDOW

static void CK_NAME(resize_bilinear)(const float *in, size_t in_width, size_t channels,
                                     const ck_sample *lines, const ck_sample *columns,
                                     size_t out_width, float *out, size_t line_begin,
                                     size_t line_end) {
  for (size_t y = line_begin; y < line_end; y++) {
    const float *top = in + lines[y].first * in_width * channels;
    const float *bottom = in + lines[y].second * in_width * channels;
    float dy = lines[y].fraction;
    float *to = out + y * out_width * channels;
    for (size_t x = 0; x < out_width; x++, to += channels) {
      float dx = columns[x].fraction;
      size_t left = columns[x].first * channels, right = columns[x].second * channels;
      for (size_t c = 0; c < channels; c += CK_LANES) {
        size_t count = channels - c;
        vf value = pool_load_f32(top + left + c, count) * (1 - dy) * (1 - dx);
        value = value + pool_load_f32(bottom + left + c, count) * dy * (1 - dx);
        value = value + pool_load_f32(top + right + c, count) * (1 - dy) * dx;
        value = value + pool_load_f32(bottom + right + c, count) * dy * dx;
        pool_store_f32(to + c, value, count);
      }
    }
  }
}
