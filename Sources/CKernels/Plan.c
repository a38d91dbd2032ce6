#include "Plan.h"

// A job covers about this many rows, so that its panels are read from L2 few times, and so many
// bytes of weights that they stay in a 1 MiB L2 beside the activations (measured: 400 KiB).
enum { JOB_ROWS = 112, JOB_WEIGHT_BYTES = 400 * 1024, MIN_JOBS = 8 };

// Below this many bytes for each tap, copying a border row is cheaper than one pointer per tap.
enum { PATCH_RUN_BYTES = 64 };

static bool product_fits(const size_t *factors, size_t count) {
  // Elements are at most 8 bytes, and differences of pointers must stay below PTRDIFF_MAX.
  size_t product = 16;
  for (size_t i = 0; i < count; i++) {
    if (factors[i] == 0 || __builtin_mul_overflow(product, factors[i], &product)) return false;
  }
  return product <= (size_t)PTRDIFF_MAX;
}

// Whether the input coordinate of every tap of one dimension fits in a `ptrdiff_t`.
static bool extent_fits(size_t out, size_t stride, size_t kernel, size_t dilation,
                        ptrdiff_t pad) {
  const size_t far[] = {out, stride}, reach[] = {kernel, dilation};
  return product_fits(far, 2) && product_fits(reach, 2) && pad > PTRDIFF_MIN / 4 &&
         pad < PTRDIFF_MAX / 4;
}

bool ck_conv_shape_valid(const ck_conv_shape *s) {
  size_t columns, padded_columns;
  if (s->groups == 0 || s->in_channels == 0 || s->out_channels == 0 || s->variants == 0)
    return false;
  if (s->in_channels % s->groups != 0 || s->out_channels % s->groups != 0) return false;
  if (__builtin_mul_overflow(s->out_channels, s->variants, &columns)) return false;
  if (__builtin_mul_overflow(columns, (size_t)CK_MAX_PANEL_COLUMNS, &padded_columns)) return false;
  if (s->in_pixel_stride < s->in_channels || s->out_pixel_stride < columns) return false;
  const size_t input[] = {s->batch, s->in_height, s->in_width, s->in_pixel_stride};
  const size_t output[] = {s->batch, s->out_height, s->out_width, s->out_pixel_stride};
  const size_t weights[] = {s->kernel_height, s->kernel_width, s->in_channels + 4, padded_columns};
  const size_t pointers[] = {s->kernel_height, s->kernel_width, CK_MAX_TILE_ROWS,
                             s->in_channels + 4};
  const size_t tables_h[] = {s->out_height, s->kernel_height};
  const size_t tables_w[] = {s->out_width, s->kernel_width};
  return product_fits(input, 4) && product_fits(output, 4) && product_fits(weights, 4) &&
         product_fits(pointers, 4) && product_fits(tables_h, 2) && product_fits(tables_w, 2) &&
         extent_fits(s->out_height, s->stride_height, s->kernel_height, s->dilation_height,
                     s->pad_top) &&
         extent_fits(s->out_width, s->stride_width, s->kernel_width, s->dilation_width,
                     s->pad_left);
}

size_t ck_conv_plan_bytes(const ck_conv_shape *s) {
  size_t offsets = s->out_height * s->kernel_height + s->out_width * s->kernel_width;
  return sizeof(ck_conv_plan) + offsets * sizeof(ptrdiff_t);
}

/// One dimension of a convolution.
typedef struct {
  size_t out, kernel, stride, dilation, in, step_bytes;
  ptrdiff_t pad;
  bool transposed;
} dimension;

static void fill_offsets(ptrdiff_t *table, dimension d) {
  for (size_t o = 0; o < d.out; o++) {
    for (size_t k = 0; k < d.kernel; k++) {
      ptrdiff_t at = (ptrdiff_t)(o * d.stride + k * d.dilation) - d.pad;
      bool inside = true;
      if (d.transposed) {
        // Input i adds to output i * stride + k * dilation - pad; this is that i, if it is whole.
        at = (ptrdiff_t)o + d.pad - (ptrdiff_t)(k * d.dilation);
        inside = at >= 0 && (size_t)at % d.stride == 0;
        at = inside ? (ptrdiff_t)((size_t)at / d.stride) : 0;
      }
      inside = inside && at >= 0 && (size_t)at < d.in;
      table[o * d.kernel + k] = inside ? at * (ptrdiff_t)d.step_bytes : -1;
    }
  }
}

static bool reads_every_tap(const ptrdiff_t *offsets, size_t kernel) {
  for (size_t k = 0; k < kernel; k++) {
    if (offsets[k] < 0) return false;
  }
  return true;
}

// The first run of outputs that read every tap: those in the middle.
static void find_interior(const ptrdiff_t *offsets, size_t out, size_t kernel, size_t *begin,
                          size_t *end) {
  size_t o = 0;
  while (o < out && !reads_every_tap(offsets + o * kernel, kernel)) o++;
  *begin = o;
  while (o < out && reads_every_tap(offsets + o * kernel, kernel)) o++;
  *end = o;
}

static void choose_gather(ck_conv_plan *plan) {
  const ck_conv_shape *s = &plan->shape;
  find_interior(plan->offsets, s->out_height, s->kernel_height, &plan->interior_y_begin,
                &plan->interior_y_end);
  find_interior(plan->offsets + s->out_height * s->kernel_height, s->out_width, s->kernel_width,
                &plan->interior_x_begin, &plan->interior_x_end);
  bool dense = plan->taps == 1 && s->stride_height == 1 && s->stride_width == 1 &&
               s->pad_top == 0 && s->pad_left == 0 && s->out_height == s->in_height &&
               s->out_width == s->in_width;
  // Bytes are multiplied four at a time where they lie: runs of another length are packed without gaps.
  // Widening does that by itself.
  bool bytes = (plan->element == CK_INT8 || plan->element == CK_UINT8) && ck_q8_group(plan->isa) == 4;
  // The 16-bit kernel, which is rare, only reads whole rows.
  bool copies = (bytes && plan->run % 4 != 0) || plan->element == CK_INT16;
  plan->gather = copies ? CK_GATHER_PATCH : dense ? CK_GATHER_DENSE : CK_GATHER_TAPS;
  plan->merges_taps =
      s->dilation_width == 1 && s->groups == 1 && s->in_pixel_stride == s->in_channels;
  plan->patches_border =
      plan->merges_taps && s->kernel_width > 1 && plan->run * plan->element_bytes < PATCH_RUN_BYTES;
}

static void choose_jobs(ck_conv_plan *plan) {
  size_t tile_rows = ck_tile_rows(plan->isa, plan->element);
  size_t panel_bytes = plan->taps * plan->run * plan->panel_columns *
                       (plan->element == CK_FLOAT32 ? sizeof(float) : 1);
  plan->tiles = (plan->rows + tile_rows - 1) / tile_rows;
  plan->job_tiles = ck_max(1, ck_min(JOB_ROWS / tile_rows, plan->tiles));
  plan->row_jobs = (plan->tiles + plan->job_tiles - 1) / plan->job_tiles;
  plan->job_tiles = (plan->tiles + plan->row_jobs - 1) / plan->row_jobs;
  plan->row_jobs = (plan->tiles + plan->job_tiles - 1) / plan->job_tiles;
  size_t panels = ck_max(1, ck_min(JOB_WEIGHT_BYTES / panel_bytes, plan->block_panels));
  size_t panel_jobs = (plan->block_panels + panels - 1) / panels;
  // Few rows: split the columns further, or there is nothing to share between threads.
  size_t others = plan->row_jobs * plan->blocks;
  if (others * panel_jobs < MIN_JOBS)
    panel_jobs = ck_min(plan->block_panels, (MIN_JOBS + others - 1) / others);
  plan->job_panels = (plan->block_panels + panel_jobs - 1) / panel_jobs;
  plan->panel_jobs = (plan->block_panels + plan->job_panels - 1) / plan->job_panels;
}

static void lay_out_scratch(ck_conv_plan *plan) {
  // Padding pixels are read from the start of the scratch.
  size_t at = ck_round_up(plan->run * plan->element_bytes, CK_ALIGNMENT);
  plan->pointers_at = at;
  at += ck_round_up(plan->taps * CK_MAX_TILE_ROWS * sizeof(void *), CK_ALIGNMENT);
  plan->tap_offsets_at = at;
  at += ck_round_up(plan->taps * sizeof(size_t), CK_ALIGNMENT);
  plan->row_sums_at = at;
  at += ck_round_up(CK_MAX_TILE_ROWS * sizeof(int32_t), CK_ALIGNMENT);
  plan->patch_at = at;
  plan->patch_row_bytes = 0;
  if (plan->gather == CK_GATHER_PATCH || plan->patches_border) {
    plan->patch_row_bytes = ck_round_up(plan->taps * plan->run * plan->element_bytes, 16);
    // Copies of 16 bytes may run over the end of the last row.
    at += plan->patch_row_bytes * CK_MAX_TILE_ROWS + 16;
  }
  at = ck_round_up(at, CK_ALIGNMENT);
  // Without a byte dot product, rows are first widened to 16 bits.
  plan->wide_at = at;
  plan->wide_row_elements = ck_round_up(plan->taps * plan->run, 2);
  if (plan->element == CK_INT8 || plan->element == CK_UINT8)
    at += (plan->wide_row_elements * CK_MAX_TILE_ROWS + 16) * sizeof(int16_t);
  plan->scratch_bytes = at + CK_ALIGNMENT;
}

static void plan_init(ck_conv_plan *plan, const ck_conv_shape *s, ck_element element, ck_isa isa,
                      bool transposed) {
  static const size_t element_bytes[] = {4, 1, 1, 2};
  plan->shape = *s;
  plan->isa = isa;
  plan->element = element;
  plan->element_bytes = element_bytes[element];
  plan->rows = s->batch * s->out_height * s->out_width;
  plan->taps = s->kernel_height * s->kernel_width;
  plan->run = s->in_channels / s->groups;
  plan->blocks = s->groups == 1 ? 1 : s->groups * s->variants;
  plan->block_columns = s->out_channels * s->variants / plan->blocks;
  plan->panel_columns = ck_panel_columns(isa, element);
  plan->block_panels = (plan->block_columns + plan->panel_columns - 1) / plan->panel_columns;

  size_t pixel_bytes = s->in_pixel_stride * plan->element_bytes;
  dimension height = {s->out_height, s->kernel_height, s->stride_height, s->dilation_height,
                      s->in_height,  s->in_width * pixel_bytes, s->pad_top, transposed};
  dimension width = {s->out_width, s->kernel_width, s->stride_width, s->dilation_width,
                     s->in_width,  pixel_bytes,     s->pad_left,     transposed};
  fill_offsets(plan->offsets, height);
  fill_offsets(plan->offsets + s->out_height * s->kernel_height, width);
  choose_gather(plan);
  if (transposed && plan->taps * s->stride_height * s->stride_width > 1) {
    // Taps are not at fixed distances.
    plan->merges_taps = plan->patches_border = false;
    plan->interior_x_end = plan->interior_x_begin;
    if (plan->gather == CK_GATHER_DENSE) plan->gather = CK_GATHER_TAPS;
  }
  choose_jobs(plan);
  lay_out_scratch(plan);
}

void ck_conv_plan_init(ck_conv_plan *plan, const ck_conv_shape *shape, ck_element element,
                       ck_isa isa) {
  plan_init(plan, shape, element, isa, false);
}

void ck_conv_plan_init_transposed(ck_conv_plan *plan, const ck_conv_shape *shape,
                                  ck_element element, ck_isa isa) {
  plan_init(plan, shape, element, isa, true);
}

size_t ck_conv_plan_jobs(const ck_conv_plan *plan) {
  return plan->blocks * plan->panel_jobs * plan->row_jobs;
}

size_t ck_conv_plan_scratch_bytes(const ck_conv_plan *plan) { return plan->scratch_bytes; }

size_t ck_conv_panels(const ck_conv_shape *s, ck_element element, ck_isa isa) {
  size_t panel_columns = ck_panel_columns(isa, element);
  size_t blocks = s->groups == 1 ? 1 : s->groups * s->variants;
  size_t columns = s->out_channels * s->variants / blocks;
  return blocks * ((columns + panel_columns - 1) / panel_columns);
}
