// 8-bit indirect GEMM. With VNNI, one instruction adds four products of unsigned activations and
// signed weights to each 32-bit sum. Without it, activations are widened to 16 bits once for each
// tile, weights as they are read, and products are added in pairs.

enum { Q8_VECTORS = 2, Q8_COLUMNS = Q8_VECTORS * CK_LANES, Q8_GROUP = CK_HAS_VNNI ? 4 : 2 };
// Rows are finished four at a time.
enum { Q8_SUM_ROWS = (CK_ROWS + 3) / 4 * 4 };

typedef int16_t vpairs __attribute__((ext_vector_type(2 * CK_LANES)));

/// Adds the products of neighbouring 16-bit lanes to each 32-bit lane.
CK_INLINE vi vi_add_pairs(vi sum, vpairs a, vpairs b) {
#if CK_LANES == 16
  return (vi)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif CK_LANES == 8
  return sum + (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
  return sum + (vi)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  return sum + __builtin_convertvector(a.even, vi) * __builtin_convertvector(b.even, vi) +
         __builtin_convertvector(a.odd, vi) * __builtin_convertvector(b.odd, vi);
#endif
}

typedef struct {
  ck_tile_input input;
  const int16_t *wide; // rows of the tile widened, or NULL
  size_t wide_stride;
  const int32_t *panel; // rows of constants, then weights
  size_t columns;       // to store
  char *output;
  size_t output_stride; // bytes
  size_t first_row;
  size_t depth;            // products of a sum
  int32_t *sums;           // [Q8_SUM_ROWS][Q8_COLUMNS]
  const int32_t *row_sums; // of the unsigned activations
  int32_t weight_zero_point;
  uint32_t flip; // turns four signed activations into unsigned ones
  const ck_quantized_epilogue *epilogue;
#if CK_PACKS_BYTES
  const q_packed_bounds *bounds;
#endif
} q8_tile;

/// Row `row` of the panel's constants, from the tile's column `column` on.
CK_INLINE const int32_t *q8_constants(const q8_tile *tile, size_t row, size_t column) {
  return tile->panel + row * Q8_COLUMNS + column;
}

/// Adds the products of the whole sum. `sum[row][vector]`.
CK_INLINE void q8_multiply(const q8_tile *tile, vi sum[CK_ROWS][Q8_VECTORS], const size_t rows,
                           const size_t vectors) {
  const int8_t *all_weights = (const int8_t *)(tile->panel + CK_Q8_WEIGHTS * Q8_COLUMNS);
#if CK_HAS_VNNI
  const __m512i flip = _mm512_set1_epi32((int)tile->flip);
  const char *const *input = (const char *const *)tile->input.rows;
  for (size_t tap = 0; tap < tile->input.taps; tap++, input += rows) {
    const int8_t *weights = all_weights + tile->input.tap_offsets[tap] * Q8_COLUMNS;
    const char *row[CK_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) row[r] = input[r];
    for (size_t k = 0; k < tile->input.run; k += Q8_GROUP, weights += Q8_GROUP * Q8_COLUMNS) {
      __m512i w[Q8_VECTORS];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) w[v] = _mm512_loadu_si512(weights + v * 64);
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rows; r++) {
        int32_t four;
        memcpy(&four, row[r] + k, sizeof four);
        __m512i x = _mm512_xor_si512(_mm512_set1_epi32(four), flip);
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++)
          sum[r][v] = (vi)_mm512_dpbusd_epi32((__m512i)sum[r][v], x, w[v]);
      }
    }
  }
#else
  typedef int8_t bytes __attribute__((ext_vector_type(2 * CK_LANES)));
  const int8_t *weights = all_weights;
  for (size_t k = 0; k < tile->wide_stride; k += Q8_GROUP, weights += Q8_GROUP * Q8_COLUMNS) {
    vpairs w[Q8_VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      bytes narrow;
      memcpy(&narrow, weights + v * sizeof narrow, sizeof narrow);
      w[v] = __builtin_convertvector(narrow, vpairs);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      int32_t two;
      memcpy(&two, tile->wide + r * tile->wide_stride + k, sizeof two);
      vpairs x = (vpairs)(vi)two;
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) sum[r][v] = vi_add_pairs(sum[r][v], x, w[v]);
    }
  }
#endif
}

/// Sums of products of a tile, to `tile->sums`.
CK_INLINE void q8_tile_body(const q8_tile *tile, const size_t rows, const size_t vectors) {
  vi sum[CK_ROWS][Q8_VECTORS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) sum[r][v] = (vi)0;
  }
  q8_multiply(tile, sum, rows, vectors);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
      vi_store(tile->sums + r * Q8_COLUMNS + v * CK_LANES, sum[r][v]);
  }
}

/// From sums to outputs, for one combination of output and scaling.
CK_INLINE void q8_finish_body(const q8_tile *tile, size_t rows, const ck_output output,
                              const ck_scaling scaling) {
  const ck_quantized_epilogue *e = tile->epilogue;
  for (size_t column = 0; column < tile->columns; column += CK_LANES) {
    size_t count = tile->columns - column;
    q_channels channels =
        q_load_channels(q8_constants(tile, CK_Q8_MULTIPLIER, column),
                        q8_constants(tile, CK_Q8_SHIFT, column),
                        (const float *)q8_constants(tile, CK_Q8_SCALE, column),
                        (const float *)q8_constants(tile, CK_Q8_BIAS_F32, column), output, scaling);
    vi bias = vi_load(q8_constants(tile, CK_Q8_BIAS, column));
    vi weight_sum = vi_load(q8_constants(tile, CK_Q8_WEIGHT_SUM, column));
    for (size_t r = 0; r < rows; r++) {
      vi value = vi_load(tile->sums + r * Q8_COLUMNS + column) + bias;
      size_t row = tile->first_row + r;
      if (tile->weight_zero_point != 0) value -= tile->weight_zero_point * tile->row_sums[r];
      if (e->row_zero_points != NULL)
        value -= e->row_zero_points[row / e->rows_per_scale] * weight_sum;
      q_store(value, &channels, e, row, tile->output + r * tile->output_stride, column, count,
              output, scaling);
    }
  }
}

#if CK_PACKS_BYTES

/// One vector of columns as bytes, the first `count` of it, all of them if `full`.
CK_INLINE void q8_finish_vector(const q8_tile *tile, size_t rows, size_t column, size_t count,
                                const q_narrow *narrow, const ck_scaling scaling,
                                const bool full) {
  q_packed_bounds bounds = *tile->bounds;
  vi bias = vi_load(q8_constants(tile, CK_Q8_BIAS, column));
  vf scale = vf_load((const float *)q8_constants(tile, CK_Q8_SCALE, column));
  const int32_t *sums = tile->sums + column;
  size_t stride = tile->output_stride;
  char *to = tile->output + column;
  // Four rows at a time; `sums` has room for rows that are not stored.
  for (size_t r = 0; r < rows; r += 4, sums += 4 * Q8_COLUMNS, to += 4 * stride) {
    vi values[4] = {0, 0, 0, 0};
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
      // Tiles of six rows end with two.
      if (i == 2 && rows - r <= 2) break;
      vi sum = vi_load(sums + i * Q8_COLUMNS) + bias;
      values[i] = scaling == CK_SCALE_FLOAT ? q_scale_nearest(sum, scale)
                                            : q_scale_narrow(sum, narrow, true);
    }
    q_store_four(values, &bounds, to, stride, rows - r, full ? CK_LANES : count);
  }
}

#define Q8_FINISH(NAME, SCALING)                                                               \
  static __attribute__((noinline)) void NAME(const q8_tile *tile, size_t rows, size_t column,  \
                                             const q_narrow *narrow) {                         \
    size_t count = tile->columns - column;                                                     \
    if (count >= CK_LANES) {                                                                   \
      q8_finish_vector(tile, rows, column, count, narrow, SCALING, true);                      \
    } else {                                                                                   \
      q8_finish_vector(tile, rows, column, count, narrow, SCALING, false);                     \
    }                                                                                          \
  }
Q8_FINISH(q8_finish_narrow, CK_SCALE_FIXED_POINT)
Q8_FINISH(q8_finish_nearest, CK_SCALE_FLOAT)
#undef Q8_FINISH

#endif

/// The same for bytes from symmetric weights, the most frequent kind.
CK_INLINE void q8_finish_bytes(const q8_tile *tile, size_t rows, const ck_scaling scaling) {
  size_t stride = tile->output_stride;
  for (size_t column = 0; column < tile->columns; column += CK_LANES) {
    size_t count = tile->columns - column;
    const int32_t *multiplier = q8_constants(tile, CK_Q8_MULTIPLIER, column);
    const int32_t *shift = q8_constants(tile, CK_Q8_SHIFT, column);
    const float *scale = (const float *)q8_constants(tile, CK_Q8_SCALE, column);
    const int32_t *all_bias = q8_constants(tile, CK_Q8_BIAS, column);
    vi bias = vi_load(all_bias);
#if CK_PACKS_BYTES
    q_narrow narrow;
    if (scaling == CK_SCALE_FLOAT) {
      q8_finish_nearest(tile, rows, column, &narrow);
      continue;
    }
    // 2^14 products of bytes stay below 2^29.
    if (tile->depth <= 1 << 14 && q_load_narrow(multiplier, shift, all_bias, count, &narrow, true)) {
      q8_finish_narrow(tile, rows, column, &narrow);
      continue;
    }
#endif
    q_channels channels =
        q_load_channels(multiplier, shift, scale,
                        (const float *)q8_constants(tile, CK_Q8_BIAS_F32, column), CK_OUT_INT8,
                        scaling);
    q_byte_bounds bounds = q_load_bounds(tile->epilogue);
    const int32_t *sums = tile->sums + column;
    char *to = tile->output + column;
    if (count >= CK_LANES) {
      for (size_t r = 0; r < rows; r++, sums += Q8_COLUMNS, to += stride) {
        vb narrow_bytes = __builtin_convertvector(
            q_scale_bytes(vi_load(sums) + bias, &channels, &bounds, scaling), vb);
        memcpy(to, &narrow_bytes, sizeof narrow_bytes);
      }
    } else {
      for (size_t r = 0; r < rows; r++, sums += Q8_COLUMNS, to += stride)
        q_store_integers(q_scale_bytes(vi_load(sums) + bias, &channels, &bounds, scaling),
                         CK_OUT_INT8, to, 0, count);
    }
  }
}

static void q8_finish_twice(const q8_tile *tile, size_t rows) {
  if (tile->weight_zero_point == 0 && tile->epilogue->row_zero_points == NULL) {
    q8_finish_bytes(tile, rows, CK_SCALE_FIXED_POINT);
  } else {
    q8_finish_body(tile, rows, CK_OUT_INT8, CK_SCALE_FIXED_POINT);
  }
}

static void q8_finish_float(const q8_tile *tile, size_t rows) {
  if (tile->weight_zero_point == 0 && tile->epilogue->row_zero_points == NULL) {
    q8_finish_bytes(tile, rows, CK_SCALE_FLOAT);
  } else {
    q8_finish_body(tile, rows, CK_OUT_INT8, CK_SCALE_FLOAT);
  }
}

static void q8_finish_any(const q8_tile *tile, size_t rows) {
  q8_finish_body(tile, rows, tile->epilogue->output, tile->epilogue->scaling);
}

static void q8_finish(const q8_tile *tile, size_t rows) {
  const ck_quantized_epilogue *e = tile->epilogue;
  // Clamped integers are stored as bytes, whatever their sign.
  bool bytes = e->output == CK_OUT_INT8 || e->output == CK_OUT_UINT8;
  if (bytes && e->scaling == CK_SCALE_FIXED_POINT) {
    q8_finish_twice(tile, rows);
  } else if (bytes && e->scaling == CK_SCALE_FLOAT) {
    q8_finish_float(tile, rows);
  } else {
    q8_finish_any(tile, rows);
  }
}

#define Q8_TILE(ROWS)                                                                          \
  static void q8_tile_##ROWS##_1(const q8_tile *tile) { q8_tile_body(tile, ROWS, 1); }          \
  static void q8_tile_##ROWS##_2(const q8_tile *tile) { q8_tile_body(tile, ROWS, Q8_VECTORS); }
CK_EACH_ROW_COUNT(Q8_TILE)
#undef Q8_TILE

#define Q8_ENTRY(ROWS) {q8_tile_##ROWS##_1, q8_tile_##ROWS##_2},
static void (*const q8_tiles[CK_ROWS][2])(const q8_tile *) = {CK_EACH_ROW_COUNT(Q8_ENTRY)};
#undef Q8_ENTRY

/// Sums the unsigned activations of each row, padding included.
static void q8_sum_rows(const ck_tile_input *input, size_t rows, uint8_t flip, int32_t *sums) {
  for (size_t r = 0; r < rows; r++) {
    uint32_t sum = 0;
    for (size_t tap = 0; tap < input->taps; tap++) {
      const uint8_t *from = input->rows[tap * rows + r];
      for (size_t k = 0; k < input->run; k++) sum += (uint8_t)(from[k] ^ flip);
    }
    sums[r] = (int32_t)sum;
  }
}

#if !CK_HAS_VNNI
/// Widens rows of a tile to 16 bits; the last group is filled with zeros. What is written
/// after the end of a run is overwritten by what follows it.
static void q8_widen_rows(const ck_tile_input *input, size_t rows, uint8_t flip, int16_t *wide,
                          size_t stride) {
  typedef uint8_t sixteen __attribute__((ext_vector_type(16)));
  typedef int16_t wide_sixteen __attribute__((ext_vector_type(16)));
  uintptr_t input_end = (uintptr_t)input->end;
  for (size_t r = 0; r < rows; r++) {
    int16_t *to = wide + r * stride, *end = to + stride;
    for (size_t tap = 0; tap < input->taps; tap++, to += input->run) {
      const uint8_t *from = input->rows[tap * rows + r];
      uintptr_t at = (uintptr_t)from;
      bool near_end = at < input_end && input_end - at < ck_round_up(input->run, 16);
      size_t k = 0;
      for (; k < input->run && !near_end; k += 16) {
        sixteen bytes;
        memcpy(&bytes, from + k, sizeof bytes);
        wide_sixteen words = __builtin_convertvector(bytes ^ (sixteen)flip, wide_sixteen);
        memcpy(to + k, &words, sizeof words);
      }
      for (; k < input->run; k++) to[k] = (uint8_t)(from[k] ^ flip);
    }
    while (to < end) *to++ = 0;
  }
}
#endif

/// Computes `rows` rows of `columns` columns, panel after panel.
CK_INLINE void q8_panels(q8_tile tile, size_t rows, size_t columns, size_t panel_bytes) {
  size_t element_bytes = q_output_bytes[tile.epilogue->output];
  for (size_t column = 0; column < columns; column += Q8_COLUMNS) {
    tile.columns = ck_min(Q8_COLUMNS, columns - column);
    q8_tiles[rows - 1][tile.columns > CK_LANES](&tile);
    q8_finish(&tile, rows);
    tile.output += Q8_COLUMNS * element_bytes;
    tile.panel = (const int32_t *)((const char *)tile.panel + panel_bytes);
  }
}

static void CK_NAME(conv_q8)(const ck_conv_plan *plan, const void *packed,
                             const ck_quantization *quantization, const void *input, void *output,
                             const ck_quantized_epilogue *epilogue, char *scratch,
                             size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  size_t panel_bytes = ck_q8_panel_bytes(plan->taps * plan->run, Q8_COLUMNS, Q8_GROUP);
  size_t element_bytes = q_output_bytes[epilogue->output];
  uint8_t flip = plan->element == CK_INT8 ? 0x80 : 0;
  int16_t *wide = (int16_t *)(scratch + plan->wide_at);
  _Alignas(CK_ALIGNMENT) int32_t sums[Q8_SUM_ROWS * Q8_COLUMNS] = {0};
  int32_t *row_sums = (int32_t *)(scratch + plan->row_sums_at);
#if CK_PACKS_BYTES
  q_packed_bounds bounds = q_load_packed_bounds(epilogue);
#endif
  memset(scratch, quantization->input_zero_point, plan->run);
  for (size_t index = job_begin; index < job_end; index++) {
    ck_job job = ck_conv_job(plan, index);
    size_t first_column = job.panel_begin * Q8_COLUMNS;
    size_t columns =
        ck_min(job.panel_end * Q8_COLUMNS, plan->block_columns) - first_column;
    size_t out_channel = job.block * plan->block_columns + first_column;
    size_t panel = job.block * plan->block_panels + job.panel_begin;
    q8_tile tile = {
        .wide = wide,
        .wide_stride = plan->wide_row_elements,
        .panel = (const int32_t *)((const char *)packed + panel * panel_bytes),
        .output_stride = s->out_pixel_stride * element_bytes,
        .depth = plan->taps * plan->run,
        .sums = sums,
        .row_sums = row_sums,
        .weight_zero_point = ck_signed_weight_zero_point(quantization),
        .flip = flip * 0x01010101u,
        .epilogue = epilogue,
#if CK_PACKS_BYTES
        .bounds = &bounds,
#endif
    };
    for (size_t t = job.tile_begin; t < job.tile_end; t++) {
      tile.first_row = ck_tile_first_row(plan, t);
      size_t rows = ck_tile_first_row(plan, t + 1) - tile.first_row;
      tile.input = ck_gather_tile(plan, input, job.block % s->groups, tile.first_row, rows,
                                  scratch, false);
      if (tile.weight_zero_point != 0) q8_sum_rows(&tile.input, rows, flip, row_sums);
#if !CK_HAS_VNNI
      q8_widen_rows(&tile.input, rows, flip, wide, plan->wide_row_elements);
#endif
      tile.output = (char *)output + tile.first_row * tile.output_stride +
                    out_channel * element_bytes;
      q8_panels(tile, rows, columns, panel_bytes);
    }
  }
}
