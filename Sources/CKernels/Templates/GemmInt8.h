// 8-bit indirect GEMM. With VNNI, one instruction adds four products of unsigned activations and
// signed weights to each 32-bit sum. Without it, activations are widened to 16 bits once for each
// tile, and each column has two partial sums, of the even and the odd pairs of products.

#if CK_HAS_VNNI
enum { Q8_PARTS = 1, Q8_VECTORS = 2 };
#else
enum { Q8_PARTS = 2, Q8_VECTORS = 1 };
#endif
enum { Q8_COLUMNS = Q8_VECTORS * CK_LANES };

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
  const ck_q8_header *panel;
  size_t first_column; // of the tile inside the panel
  size_t columns;      // to store
  char *output;
  size_t output_stride; // bytes
  size_t first_row;
  int32_t *sums;           // [CK_ROWS][Q8_COLUMNS]
  const int32_t *row_sums; // of the unsigned activations
  int32_t weight_zero_point;
  uint32_t flip; // turns four signed activations into unsigned ones
  const ck_quantized_epilogue *epilogue;
} q8_tile;

/// Adds the products of the whole sum. `sum[row][vector * parts + part]`.
CK_INLINE void q8_multiply(const q8_tile *tile, vi sum[CK_ROWS][Q8_VECTORS * Q8_PARTS],
                           const size_t rows, const size_t vectors) {
  const int8_t *all_weights = (const int8_t *)(tile->panel + 1) + tile->first_column * 4;
#if CK_HAS_VNNI
  const __m512i flip = _mm512_set1_epi32((int)tile->flip);
  const char *const *input = (const char *const *)tile->input.rows;
  for (size_t tap = 0; tap < tile->input.taps; tap++, input += rows) {
    const int8_t *weights = all_weights + tile->input.tap_offsets[tap] * CK_PANEL_COLUMNS;
    const char *row[CK_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) row[r] = input[r];
    for (size_t k = 0; k < tile->input.run; k += 4, weights += 4 * CK_PANEL_COLUMNS) {
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
  typedef int64_t quads __attribute__((ext_vector_type(CK_LANES / 2)));
  const int8_t *weights = all_weights;
  for (size_t k = 0; k < tile->wide_stride; k += 4, weights += 4 * CK_PANEL_COLUMNS) {
    vpairs w[Q8_PARTS];
#pragma clang loop unroll(full)
    for (size_t p = 0; p < Q8_PARTS; p++) {
      bytes narrow;
      memcpy(&narrow, weights + p * sizeof narrow, sizeof narrow);
      w[p] = __builtin_convertvector(narrow, vpairs);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      int64_t four;
      memcpy(&four, tile->wide + r * tile->wide_stride + k, sizeof four);
      vpairs x = (vpairs)(quads)four;
#pragma clang loop unroll(full)
      for (size_t p = 0; p < Q8_PARTS; p++) sum[r][p] = vi_add_pairs(sum[r][p], x, w[p]);
    }
  }
  (void)vectors;
#endif
}

/// Joins the partial sums of vector `v` of a row.
CK_INLINE vi q8_join(const vi *parts, size_t v) {
#if CK_HAS_VNNI
  return parts[v];
#else
  typedef int32_t both __attribute__((ext_vector_type(2 * CK_LANES)));
  both joined;
  memcpy(&joined, parts + v * Q8_PARTS, sizeof joined);
  return joined.even + joined.odd;
#endif
}

/// Sums of products of a tile, to `tile->sums`.
CK_INLINE void q8_tile_body(const q8_tile *tile, const size_t rows, const size_t vectors) {
  vi sum[CK_ROWS][Q8_VECTORS * Q8_PARTS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors * Q8_PARTS; v++) sum[r][v] = (vi)0;
  }
  q8_multiply(tile, sum, rows, vectors);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
      vi_store(tile->sums + r * Q8_COLUMNS + v * CK_LANES, q8_join(sum[r], v));
  }
}

/// From sums to outputs, for one combination of output and scaling.
CK_INLINE void q8_finish_body(const q8_tile *tile, size_t rows, const ck_output output,
                              const ck_scaling scaling) {
  const ck_quantized_epilogue *e = tile->epilogue;
  for (size_t column = 0; column < tile->columns; column += CK_LANES) {
    size_t at = tile->first_column + column, count = tile->columns - column;
    const ck_q8_header *panel = tile->panel;
    q_channels channels = q_load_channels(panel->multiplier + at, panel->shift + at,
                                          panel->scale + at, panel->bias_f32 + at, output, scaling);
    vi bias = vi_load(panel->bias + at), weight_sum = vi_load(panel->weight_sum + at);
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

/// The same for bytes from symmetric weights, the most frequent kind.
CK_INLINE void q8_finish_bytes(const q8_tile *tile, size_t rows, const ck_scaling scaling) {
  q_byte_bounds bounds = q_load_bounds(tile->epilogue);
  size_t stride = tile->output_stride;
  for (size_t column = 0; column < tile->columns; column += CK_LANES) {
    size_t at = tile->first_column + column, count = tile->columns - column;
    const ck_q8_header *panel = tile->panel;
    q_channels channels =
        q_load_channels(panel->multiplier + at, panel->shift + at, panel->scale + at,
                        panel->bias_f32 + at, CK_OUT_INT8, scaling);
    vi bias = vi_load(panel->bias + at);
    const int32_t *sums = tile->sums + column;
    char *to = tile->output + column;
    if (count >= CK_LANES) {
      for (size_t r = 0; r < rows; r++, sums += Q8_COLUMNS, to += stride) {
        vb narrow = __builtin_convertvector(
            q_scale_bytes(vi_load(sums) + bias, &channels, &bounds, scaling), vb);
        memcpy(to, &narrow, sizeof narrow);
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
/// Widens rows of a tile to 16 bits; the last row group of four is filled with zeros.
static void q8_widen_rows(const ck_tile_input *input, size_t rows, uint8_t flip, int16_t *wide,
                          size_t stride) {
  for (size_t r = 0; r < rows; r++) {
    int16_t *to = wide + r * stride, *end = to + stride;
    for (size_t tap = 0; tap < input->taps; tap++) {
      const uint8_t *from = input->rows[tap * rows + r];
      for (size_t k = 0; k < input->run; k++) *to++ = (uint8_t)(from[k] ^ flip);
    }
    while (to < end) *to++ = 0;
  }
}
#endif

/// Computes `rows` rows of `columns` columns, panel after panel.
CK_INLINE void q8_panels(q8_tile tile, size_t rows, size_t columns, size_t panel_bytes) {
  size_t element_bytes = q_output_bytes[tile.epilogue->output];
  for (size_t column = 0; column < columns; column += Q8_COLUMNS) {
    tile.first_column = column % CK_PANEL_COLUMNS;
    if (column > 0 && tile.first_column == 0)
      tile.panel = (const ck_q8_header *)((const char *)tile.panel + panel_bytes);
    tile.columns = ck_min(Q8_COLUMNS, columns - column);
    q8_tiles[rows - 1][tile.columns > CK_LANES](&tile);
    q8_finish(&tile, rows);
    tile.output += Q8_COLUMNS * element_bytes;
  }
}

static void CK_NAME(conv_q8)(const ck_conv_plan *plan, const void *packed,
                             const ck_quantization *quantization, const void *input, void *output,
                             const ck_quantized_epilogue *epilogue, char *scratch,
                             size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  size_t panel_bytes = ck_q8_panel_bytes(plan->taps * plan->run);
  size_t element_bytes = q_output_bytes[epilogue->output];
  uint8_t flip = plan->element == CK_INT8 ? 0x80 : 0;
  int16_t *wide = (int16_t *)(scratch + plan->wide_at);
  int32_t sums[CK_ROWS * Q8_COLUMNS];
  int32_t *row_sums = (int32_t *)(scratch + plan->row_sums_at);
  memset(scratch, quantization->input_zero_point, plan->run);
  for (size_t index = job_begin; index < job_end; index++) {
    ck_job job = ck_conv_job(plan, index);
    size_t first_column = job.panel_begin * CK_PANEL_COLUMNS;
    size_t columns =
        ck_min(job.panel_end * CK_PANEL_COLUMNS, plan->block_columns) - first_column;
    size_t out_channel = job.block * plan->block_columns + first_column;
    size_t panel = job.block * plan->block_panels + job.panel_begin;
    q8_tile tile = {
        .wide = wide,
        .wide_stride = plan->wide_row_elements,
        .panel = (const ck_q8_header *)((const char *)packed + panel * panel_bytes),
        .output_stride = s->out_pixel_stride * element_bytes,
        .sums = sums,
        .row_sums = row_sums,
        .weight_zero_point = ck_signed_weight_zero_point(quantization),
        .flip = flip * 0x01010101u,
        .epilogue = epilogue,
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
