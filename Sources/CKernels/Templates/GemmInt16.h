// GEMM of 16-bit activations and 8-bit weights with 64-bit sums, one row at a time.

// Pairs of products added in 32 bits before they go to the 64-bit sum: 128 * 2 * 2^15 * 2^7 stays
// below 2^31.
enum {
  Q16_CHUNK_PAIRS = 128,
  Q16_COLUMNS = CK_Q16_PANEL_COLUMNS,
  Q16_VECTORS = Q16_COLUMNS / CK_LANES,
};

CK_INLINE void q16_store(const ck_q16_header *panel, const vl *sum, size_t columns,
                         const ck_quantized_epilogue *e, int16_t *to) {
  int64_t sums[Q16_COLUMNS];
  memcpy(sums, sum, sizeof sums);
  for (size_t c = 0; c < columns; c++) {
    int64_t total = sums[c] + panel->bias[c];
    int32_t multiplier = panel->multiplier[c], shift = panel->shift[c];
    int32_t value = e->narrow_sums
                        ? ck_scale_fixed_point((int32_t)total, multiplier, shift)
                        : ck_scale_fixed_point64(total, multiplier, shift);
    value += e->output_zero_point;
    value = value < e->lower ? e->lower : value;
    to[c] = (int16_t)(value > e->upper ? e->upper : value);
  }
}

static void q16_row(const int16_t *row, size_t pairs, const ck_q16_header *panel, size_t columns,
                    const ck_quantized_epilogue *epilogue, int16_t *to) {
  vl sum[Q16_VECTORS];
  const int16_t *weights = (const int16_t *)(panel + 1);
#pragma clang loop unroll(full)
  for (size_t v = 0; v < Q16_VECTORS; v++) sum[v] = (vl)0;
  for (size_t begin = 0; begin < pairs; begin += Q16_CHUNK_PAIRS) {
    vi part[Q16_VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < Q16_VECTORS; v++) part[v] = (vi)0;
    size_t end = ck_min(begin + Q16_CHUNK_PAIRS, pairs);
    for (size_t k = begin; k < end; k++, weights += 2 * Q16_COLUMNS) {
      int32_t two;
      memcpy(&two, row + 2 * k, sizeof two);
      vpairs x = (vpairs)(vi)two;
#pragma clang loop unroll(full)
      for (size_t v = 0; v < Q16_VECTORS; v++) {
        vpairs w;
        memcpy(&w, weights + v * 2 * CK_LANES, sizeof w);
        part[v] = vi_add_pairs(part[v], x, w);
      }
    }
#pragma clang loop unroll(full)
    for (size_t v = 0; v < Q16_VECTORS; v++) sum[v] += __builtin_convertvector(part[v], vl);
  }
  q16_store(panel, sum, columns, epilogue, to);
}

static void CK_NAME(conv_q16)(const ck_conv_plan *plan, const void *packed, const int16_t *input,
                              int16_t *output, const ck_quantized_epilogue *epilogue,
                              char *scratch, size_t job_begin, size_t job_end) {
  const ck_conv_shape *s = &plan->shape;
  size_t panel_bytes = ck_q16_panel_bytes(plan->taps * plan->run);
  memset(scratch, 0, plan->run * sizeof(int16_t));
  for (size_t index = job_begin; index < job_end; index++) {
    ck_job job = ck_conv_job(plan, index);
    for (size_t t = job.tile_begin; t < job.tile_end; t++) {
      size_t row = ck_tile_first_row(plan, t);
      ck_tile_input tile = ck_gather_tile(plan, (const char *)input, job.block % s->groups, row, 1,
                                          scratch, false);
      for (size_t p = job.panel_begin; p < job.panel_end; p++) {
        size_t column = p * Q16_COLUMNS;
        const char *panel =
            (const char *)packed + (job.block * plan->block_panels + p) * panel_bytes;
        q16_row(tile.rows[0], (plan->taps * plan->run + 1) / 2, (const ck_q16_header *)panel,
                ck_min(Q16_COLUMNS, plan->block_columns - column), epilogue,
                output + row * s->out_pixel_stride + job.block * plan->block_columns + column);
      }
    }
  }
}
