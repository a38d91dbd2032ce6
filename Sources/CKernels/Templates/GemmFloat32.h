// Float32 indirect GEMM. A tile is `rows` output pixels by `vectors * CK_LANES` columns, held in
// registers over the whole sum.

enum { F32_TILE_VECTORS = 2, F32_TILE_COLUMNS = F32_TILE_VECTORS * CK_LANES };

typedef struct {
  ck_tile_input input;
  const float *panel;  // bias, then weights
  size_t panel_stride; // floats between panels
  float *output;
  size_t output_stride;
  const float *residual; // NULL or the residual of the tile's first output
  const float *scale, *shift; // NULL or those of the tile's first column
  size_t columns;        // columns to store
  const ck_epilogue *epilogue;
} f32_tile;

CK_INLINE vf f32_finish(vf sum, const f32_tile *tile, size_t row, size_t column, size_t count) {
  vf lower = vf_splat(tile->epilogue->lower), upper = vf_splat(tile->epilogue->upper);
  if (tile->scale != NULL)
    sum = vf_fma(sum, vf_load(tile->scale + column), vf_load(tile->shift + column));
  if (tile->residual == NULL) return vf_clamp(sum, lower, upper);
  const float *from = tile->residual + row * tile->epilogue->residual_stride + column;
  vf residual = count >= CK_LANES ? vf_load(from) : vf_load_part(from, count);
  return tile->epilogue->residual_after_clamp ? vf_clamp(sum, lower, upper) + residual
                                              : vf_clamp(sum + residual, lower, upper);
}

CK_INLINE void f32_store(vf sum, const f32_tile *tile, size_t row, size_t column) {
  if (column >= tile->columns) return;
  size_t count = tile->columns - column;
  float *to = tile->output + row * tile->output_stride + column;
  vf value = f32_finish(sum, tile, row, column, count);
  if (count >= CK_LANES) {
    vf_store(to, value);
  } else {
    vf_store_part(to, value, count);
  }
}

/// Whether the epilogue of a tile of `columns` columns only clamps: most layers', so that their sums
/// need few instructions each.
CK_INLINE bool f32_only_clamps(const f32_tile *tile, size_t columns) {
  return tile->columns >= columns && tile->scale == NULL && tile->residual == NULL;
}

CK_INLINE void f32_tile_body(const f32_tile *tile, const size_t rows, const size_t vectors) {
  vf sum[CK_ROWS][F32_TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) sum[r][v] = vf_load(tile->panel + v * CK_LANES);
  }
  const float *const *input = (const float *const *)tile->input.rows;
  for (size_t tap = 0; tap < tile->input.taps; tap++, input += rows) {
    const float *weights =
        tile->panel + (1 + tile->input.tap_offsets[tap]) * F32_TILE_COLUMNS;
    const float *row[CK_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) row[r] = input[r];
    for (size_t k = 0; k < tile->input.run; k++, weights += F32_TILE_COLUMNS) {
      vf w[F32_TILE_VECTORS];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) w[v] = vf_load(weights + v * CK_LANES);
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rows; r++) {
        vf x = vf_splat(row[r][k]);
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) sum[r][v] = vf_fma(x, w[v], sum[r][v]);
      }
    }
  }
  if (f32_only_clamps(tile, vectors * CK_LANES)) {
    vf lower = vf_splat(tile->epilogue->lower), upper = vf_splat(tile->epilogue->upper);
    float *to = tile->output;
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++, to += tile->output_stride) {
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++)
        vf_store(to + v * CK_LANES, vf_clamp(sum[r][v], lower, upper));
    }
    return;
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) f32_store(sum[r][v], tile, r, v * CK_LANES);
  }
}

#define F32_TILE(ROWS)                                                                   \
  static void f32_tile_##ROWS##_1(const f32_tile *tile) { f32_tile_body(tile, ROWS, 1); } \
  static void f32_tile_##ROWS##_2(const f32_tile *tile) { f32_tile_body(tile, ROWS, 2); }
CK_EACH_ROW_COUNT(F32_TILE)
#undef F32_TILE

#define F32_ENTRY(ROWS) {f32_tile_##ROWS##_1, f32_tile_##ROWS##_2},
static void (*const f32_tiles[CK_ROWS][F32_TILE_VECTORS])(const f32_tile *) = {
    CK_EACH_ROW_COUNT(F32_ENTRY)};
#undef F32_ENTRY

/// Computes `rows` rows of `columns` columns, panel after panel.
CK_INLINE void f32_panels(f32_tile tile, size_t rows, size_t columns) {
  for (size_t column = 0; column < columns; column += F32_TILE_COLUMNS) {
    tile.columns = ck_min(F32_TILE_COLUMNS, columns - column);
    f32_tiles[rows - 1][tile.columns > CK_LANES](&tile);
    tile.panel += tile.panel_stride;
    tile.output += F32_TILE_COLUMNS;
    if (tile.residual != NULL) tile.residual += F32_TILE_COLUMNS;
    if (tile.scale != NULL) {
      tile.scale += F32_TILE_COLUMNS;
      tile.shift += F32_TILE_COLUMNS;
    }
  }
}

static void CK_NAME(conv_f32)(const ck_conv_plan *plan, const float *packed, const float *input,
                              float *output, const ck_epilogue *epilogue, char *scratch,
                              size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  size_t panel_stride = (1 + plan->taps * plan->run) * F32_TILE_COLUMNS;
  memset(scratch, 0, plan->run * sizeof(float));
  for (size_t index = job_begin; index < job_end; index++) {
    ck_job job = ck_conv_job(plan, index);
    size_t first_column = job.panel_begin * F32_TILE_COLUMNS;
    size_t columns =
        ck_min(job.panel_end * F32_TILE_COLUMNS, plan->block_columns) - first_column;
    size_t out_channel = job.block * plan->block_columns + first_column;
    f32_tile tile = {
        .panel = packed + (job.block * plan->block_panels + job.panel_begin) * panel_stride,
        .panel_stride = panel_stride,
        .output_stride = s->out_pixel_stride,
        .epilogue = epilogue,
        .scale = epilogue->scale == NULL ? NULL : epilogue->scale + out_channel,
        .shift = epilogue->scale == NULL ? NULL : epilogue->shift + out_channel,
    };
    for (size_t t = job.tile_begin; t < job.tile_end; t++) {
      size_t first = ck_tile_first_row(plan, t);
      size_t rows = ck_tile_first_row(plan, t + 1) - first;
      tile.input = ck_gather_tile(plan, (const char *)input, job.block % s->groups, first, rows,
                                  scratch, true);
      tile.output = output + first * s->out_pixel_stride + out_channel;
      if (epilogue->residual != NULL)
        tile.residual = epilogue->residual + first * epilogue->residual_stride + out_channel;
      f32_panels(tile, rows, columns);
    }
  }
}
