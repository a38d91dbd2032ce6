// Reductions, softmax and normalisation of rows. A row is read as blocks of sixteen elements with
// sixteen partial results, whatever the width of a vector, so that sums do not depend on it.

enum { ROW_LANES = 16, ROW_VECTORS = ROW_LANES / CK_LANES };

typedef struct {
  vf part[ROW_VECTORS];
} row_block;

CK_INLINE row_block row_splat(float x) {
  row_block block;
  for (size_t v = 0; v < ROW_VECTORS; v++) block.part[v] = vf_splat(x);
  return block;
}

/// Reads `count` elements, at most sixteen; the others are `filler`.
CK_INLINE row_block row_load(const float *from, size_t count, float filler) {
  row_block block;
  float lanes[ROW_LANES];
  if (count < ROW_LANES) {
    for (size_t i = 0; i < ROW_LANES; i++) lanes[i] = i < count ? from[i] : filler;
    from = lanes;
  }
  for (size_t v = 0; v < ROW_VECTORS; v++) block.part[v] = vf_load(from + v * CK_LANES);
  return block;
}

CK_INLINE void row_store(float *to, row_block block, size_t count) {
  float lanes[ROW_LANES];
  float *target = count < ROW_LANES ? lanes : to;
  for (size_t v = 0; v < ROW_VECTORS; v++) vf_store(target + v * CK_LANES, block.part[v]);
  if (count >= ROW_LANES) return;
  for (size_t i = 0; i < count; i++) to[i] = lanes[i];
}

/// What is reduced, and how an element counts.
typedef enum { ROW_SUM, ROW_MAX, ROW_MIN, ROW_SUM_EXP, ROW_SUM_SQUARE } row_kind;

CK_INLINE vf row_combine(const row_kind kind, vf result, vf x, vf offset, vf factor) {
  switch (kind) {
    case ROW_SUM:
      return result + x;
    case ROW_MAX:
      // NaN in either operand wins.
      return x > result || x != x ? x : result;
    case ROW_MIN:
      return x < result || x != x ? x : result;
    case ROW_SUM_EXP:
      return result + vf_exp((x - offset) * factor);
    default:
      return result + (x - offset) * (x - offset);
  }
}

CK_INLINE float row_combine_one(const row_kind kind, float a, float b) {
  if (kind == ROW_MAX) return b > a || b != b ? b : a;
  if (kind == ROW_MIN) return b < a || b != b ? b : a;
  return a + b;
}

/// Reduces one row. `offset` and `factor` are for the kinds that use them.
CK_INLINE float row_reduce(const row_kind kind, const float *row, size_t count, float offset,
                           float factor) {
  const float none = kind == ROW_MAX ? -INFINITY : kind == ROW_MIN ? INFINITY : 0.0f;
  row_block result = row_splat(none);
  vf o = vf_splat(offset), f = vf_splat(factor);
  for (size_t c = 0; c < count; c += ROW_LANES) {
    size_t left = count - c;
    // Fillers that add nothing: exp(-inf) and (offset - offset)^2.
    const float filler = kind == ROW_SUM_EXP ? -INFINITY : kind == ROW_SUM_SQUARE ? offset : none;
    row_block x = row_load(row + c, left, filler);
    for (size_t v = 0; v < ROW_VECTORS; v++)
      result.part[v] = row_combine(kind, result.part[v], x.part[v], o, f);
  }
  float lanes[ROW_LANES];
  for (size_t v = 0; v < ROW_VECTORS; v++) vf_store(lanes + v * CK_LANES, result.part[v]);
  for (size_t width = ROW_LANES / 2; width > 0; width /= 2) {
    for (size_t i = 0; i < width; i++)
      lanes[i] = row_combine_one(kind, lanes[i], lanes[i + width]);
  }
  return lanes[0];
}

CK_INLINE void reduce_middle(const row_kind kind, const float *in, float *out, size_t reduced,
                             size_t inner) {
  vf none = vf_splat(0);
  for (size_t c = 0; c < inner; c += CK_LANES) {
    size_t count = ck_min(inner - c, CK_LANES);
    vf result = none;
    for (size_t r = 0; r < reduced; r++) {
      const float *from = in + r * inner + c;
      vf x = count == CK_LANES ? vf_load(from) : vf_load_part(from, count);
      result = r == 0 ? x : row_combine(kind, result, x, none, none);
    }
    if (count == CK_LANES) {
      vf_store(out + c, result);
    } else {
      vf_store_part(out + c, result, count);
    }
  }
}

CK_INLINE void reduce_all(const row_kind kind, const float *in, float *out, size_t outer,
                          size_t reduced, size_t inner) {
  for (size_t o = 0; o < outer; o++, in += reduced * inner, out += inner) {
    if (inner == 1) {
      out[0] = row_reduce(kind, in, reduced, 0, 0);
    } else {
      reduce_middle(kind, in, out, reduced, inner);
    }
  }
}

static void CK_NAME(reduce)(ck_reduction reduction, const float *in, float *out, size_t outer,
                            size_t reduced, size_t inner) {
  if (reduction == CK_REDUCE_MAX) {
    reduce_all(ROW_MAX, in, out, outer, reduced, inner);
  } else if (reduction == CK_REDUCE_MIN) {
    reduce_all(ROW_MIN, in, out, outer, reduced, inner);
  } else {
    reduce_all(ROW_SUM, in, out, outer, reduced, inner);
  }
  if (reduction != CK_REDUCE_MEAN) return;
  for (size_t i = 0; i < outer * inner; i++) out[i] /= (float)reduced;
}

static void CK_NAME(softmax)(const float *in, float *out, size_t rows, size_t columns,
                             float beta) {
  for (size_t r = 0; r < rows; r++, in += columns, out += columns) {
    float max = row_reduce(ROW_MAX, in, columns, 0, 0);
    for (size_t c = 0; c < columns; c += ROW_LANES) {
      row_block x = row_load(in + c, columns - c, -INFINITY);
      for (size_t v = 0; v < ROW_VECTORS; v++)
        x.part[v] = vf_exp((x.part[v] - max) * beta);
      row_store(out + c, x, columns - c);
    }
    float sum = row_reduce(ROW_SUM, out, columns, 0, 0);
    for (size_t c = 0; c < columns; c += ROW_LANES) {
      row_block x = row_load(out + c, columns - c, 0);
      for (size_t v = 0; v < ROW_VECTORS; v++) x.part[v] = x.part[v] / sum;
      row_store(out + c, x, columns - c);
    }
  }
}

static void CK_NAME(log_softmax)(const float *in, float *out, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, in += columns, out += columns) {
    float max = row_reduce(ROW_MAX, in, columns, 0, 0);
    float log_sum = logf(row_reduce(ROW_SUM_EXP, in, columns, max, 1));
    for (size_t c = 0; c < columns; c += ROW_LANES) {
      row_block x = row_load(in + c, columns - c, 0);
      for (size_t v = 0; v < ROW_VECTORS; v++) x.part[v] = x.part[v] - max - log_sum;
      row_store(out + c, x, columns - c);
    }
  }
}

static void CK_NAME(layer_norm)(const float *in, const float *scale, const float *shift,
                                float epsilon, float *out, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, in += columns, out += columns) {
    float mean = row_reduce(ROW_SUM, in, columns, 0, 0) / (float)columns;
    float variance = row_reduce(ROW_SUM_SQUARE, in, columns, mean, 0) / (float)columns;
    float factor = 1.0f / sqrtf(variance + epsilon);
    for (size_t c = 0; c < columns; c += ROW_LANES) {
      row_block x = row_load(in + c, columns - c, 0);
      row_block s = scale == NULL ? row_splat(1) : row_load(scale + c, columns - c, 0);
      row_block b = shift == NULL ? row_splat(0) : row_load(shift + c, columns - c, 0);
      for (size_t v = 0; v < ROW_VECTORS; v++)
        x.part[v] = vf_fma((x.part[v] - mean) * factor, s.part[v], b.part[v]);
      row_store(out + c, x, columns - c);
    }
  }
}

/// Mean of each group over all pixels, or of squared distances to `means`, spread over its
/// channels.
CK_INLINE void group_means(const float *in, const float *means, float *result, size_t pixels,
                           size_t channels, size_t groups) {
  size_t size = channels / groups;
  for (size_t c = 0; c < channels; c++) result[c] = 0;
  for (size_t p = 0; p < pixels; p++, in += channels) {
    size_t c = 0;
    for (; c + CK_LANES <= channels; c += CK_LANES) {
      vf x = vf_load(in + c);
      if (means != NULL) {
        x = x - vf_load(means + c);
        x = x * x;
      }
      vf_store(result + c, vf_load(result + c) + x);
    }
    for (; c < channels; c++) {
      float x = means == NULL ? in[c] : (in[c] - means[c]) * (in[c] - means[c]);
      result[c] += x;
    }
  }
  for (size_t g = 0; g < groups; g++) {
    float sum = row_reduce(ROW_SUM, result + g * size, size, 0, 0);
    for (size_t c = 0; c < size; c++)
      result[g * size + c] = sum / ((float)pixels * (float)size);
  }
}

static void CK_NAME(group_norm)(const float *in, const float *scale, const float *shift,
                                float epsilon, float *out, size_t pixels, size_t channels,
                                size_t groups, float *scratch) {
  float *factors = scratch, *offsets = scratch + channels;
  group_means(in, NULL, offsets, pixels, channels, groups);
  group_means(in, offsets, factors, pixels, channels, groups);
  for (size_t c = 0; c < channels; c++) {
    factors[c] = (scale == NULL ? 1.0f : scale[c]) / sqrtf(factors[c] + epsilon);
    offsets[c] = (shift == NULL ? 0.0f : shift[c]) - offsets[c] * factors[c];
  }
  CK_NAME(scale_shift)
  (in, factors, offsets, -INFINITY, INFINITY, out, pixels, channels);
}
