// Finds the input of a tile of output pixels: one pointer for each row and tap.

#ifndef CK_INDIRECTION_H
#define CK_INDIRECTION_H

#include <string.h>

#include "Plan.h"

/// The input of one tile.
typedef struct {
  /// `[taps][rows]` pointers to runs of `run` elements.
  const void *const *rows;
  /// For each tap, where its weights begin along the sum, in elements.
  const size_t *tap_offsets;
  size_t taps, run;
  /// Where the input ends, for pointers into it; all others may be read 16 bytes at a time.
  const char *end;
} ck_tile_input;

/// The rows and panels of one job.
typedef struct {
  size_t block, panel_begin, panel_end, tile_begin, tile_end;
} ck_job;

static inline ck_job ck_conv_job(const ck_conv_plan *plan, size_t job) {
  size_t row_job = job % plan->row_jobs, rest = job / plan->row_jobs;
  size_t panel_job = rest % plan->panel_jobs;
  return (ck_job){
      .block = rest / plan->panel_jobs,
      .panel_begin = panel_job * plan->job_panels,
      .panel_end = ck_min((panel_job + 1) * plan->job_panels, plan->block_panels),
      .tile_begin = row_job * plan->job_tiles,
      .tile_end = ck_min((row_job + 1) * plan->job_tiles, plan->tiles),
  };
}

/// First row of a tile; tiles differ by at most one row.
static inline size_t ck_tile_first_row(const ck_conv_plan *plan, size_t tile) {
  size_t base = plan->rows / plan->tiles, longer = plan->rows % plan->tiles;
  return tile * base + ck_min(tile, longer);
}

/// Copies `bytes` bytes in blocks of 16, the last of which may read and write up to 15 bytes more
/// unless it would read at or after `end`. What is written too much is overwritten by the next run,
/// or multiplied by weights that are zero.
static inline void ck_copy_run(char *to, const char *from, size_t bytes, const char *end) {
  if (bytes > 256) {
    memcpy(to, from, bytes);
    return;
  }
  size_t i = 0;
  for (; i < bytes && (size_t)(end - from) >= i + 16; i += 16) memcpy(to + i, from + i, 16);
  for (; i < bytes; i++) to[i] = from[i];
}

/// One output pixel's rows of the offset tables.
typedef struct {
  const char *image;
  const ptrdiff_t *row_offsets, *column_offsets;
  bool interior;
} ck_pixel;

static inline void ck_tile_pixels(const ck_conv_plan *plan, const char *input, size_t first,
                                  size_t count, ck_pixel *pixels) {
  const ck_conv_shape *s = &plan->shape;
  const ptrdiff_t *column_table = plan->offsets + s->out_height * s->kernel_height;
  size_t image_bytes = s->in_height * s->in_width * s->in_pixel_stride * plan->element_bytes;
  size_t x = first % s->out_width, y = first / s->out_width % s->out_height;
  const char *image = input + first / s->out_width / s->out_height * image_bytes;
  for (size_t r = 0; r < count; r++) {
    pixels[r] = (ck_pixel){
        .image = image,
        .row_offsets = plan->offsets + y * s->kernel_height,
        .column_offsets = column_table + x * s->kernel_width,
        .interior = x >= plan->interior_x_begin && x < plan->interior_x_end,
    };
    if (++x < s->out_width) continue;
    x = 0;
    if (++y < s->out_height) continue;
    y = 0;
    image += image_bytes;
  }
}

/// Whether filter row `ky` lies outside the input for all pixels.
static inline bool ck_is_outside(const ck_pixel *pixels, size_t count, size_t ky) {
  for (size_t r = 0; r < count; r++) {
    if (pixels[r].row_offsets[ky] >= 0) return false;
  }
  return true;
}

/// Copies all taps of one pixel side by side.
static inline void ck_copy_patch(const ck_conv_plan *plan, const ck_pixel *pixel,
                                 const char *padding, char *to, const char *end) {
  const ck_conv_shape *s = &plan->shape;
  size_t run_bytes = plan->run * plan->element_bytes, row_bytes = s->kernel_width * run_bytes;
  for (size_t ky = 0; ky < s->kernel_height; ky++, to += row_bytes) {
    ptrdiff_t row = pixel->row_offsets[ky];
    if (row >= 0 && pixel->interior && plan->merges_taps) {
      ck_copy_run(to, pixel->image + row + pixel->column_offsets[0], row_bytes, end);
      continue;
    }
    for (size_t kx = 0; kx < s->kernel_width; kx++) {
      ptrdiff_t column = pixel->column_offsets[kx];
      bool inside = row >= 0 && column >= 0;
      ck_copy_run(to + kx * run_bytes, inside ? pixel->image + row + column : padding, run_bytes,
                  inside ? end : padding + run_bytes);
    }
  }
}

/// Fills the pointers of a tile whose pixels lie in one output row and read no padding, the most
/// frequent kind: taps are at fixed distances.
///
/// Returns the number of taps, or 0 if the tile is of another kind.
static inline size_t ck_gather_interior(const ck_conv_plan *plan, const char *input, size_t first,
                                        size_t count, const void **rows, size_t *tap_offsets) {
  const ck_conv_shape *s = &plan->shape;
  size_t x = first % s->out_width, line = first / s->out_width;
  size_t y = line % s->out_height, image = line / s->out_height;
  if (x < plan->interior_x_begin || x + count > plan->interior_x_end) return 0;
  if (y < plan->interior_y_begin || y >= plan->interior_y_end) return 0;
  size_t pixel_bytes = s->in_pixel_stride * plan->element_bytes;
  size_t line_bytes = s->in_width * pixel_bytes;
  const char *corner = input + image * s->in_height * line_bytes +
                       plan->offsets[y * s->kernel_height] +
                       plan->offsets[s->out_height * s->kernel_height + x * s->kernel_width];
  size_t step = s->stride_width * pixel_bytes;
  size_t width = plan->merges_taps ? 1 : s->kernel_width, taps = 0;
  for (size_t ky = 0; ky < s->kernel_height; ky++) {
    const char *from = corner + ky * s->dilation_height * line_bytes;
    for (size_t kx = 0; kx < width; kx++, taps++) {
      tap_offsets[taps] = (ky * s->kernel_width + kx) * plan->run;
      for (size_t r = 0; r < count; r++) *rows++ = from + r * step;
      from += s->dilation_width * pixel_bytes;
    }
  }
  return taps;
}

/// Finds the input of rows `[first, first + count)` of channel group `group`.
///
/// The scratch must begin with one run of padding. With `skips_padding` filter rows that only read
/// padding are left out.
static inline ck_tile_input ck_gather_tile(const ck_conv_plan *plan, const char *input,
                                           size_t group, size_t first, size_t count,
                                           char *scratch, bool skips_padding) {
  const ck_conv_shape *s = &plan->shape;
  const void **rows = (const void **)(scratch + plan->pointers_at);
  size_t *tap_offsets = (size_t *)(scratch + plan->tap_offsets_at);
  // The last pixel may end with its channels, before its stride.
  size_t elements = s->batch * s->in_height * s->in_width * s->in_pixel_stride -
                    s->in_pixel_stride + s->in_channels;
  const char *end = input + elements * plan->element_bytes;
  ck_tile_input tile = {rows, tap_offsets, 1, plan->run, end};
  input += group * plan->run * plan->element_bytes;
  tap_offsets[0] = 0;
  if (plan->gather == CK_GATHER_DENSE) {
    size_t pixel_bytes = s->in_pixel_stride * plan->element_bytes;
    for (size_t r = 0; r < count; r++) rows[r] = input + (first + r) * pixel_bytes;
    return tile;
  }
  size_t taps = ck_gather_interior(plan, input, first, count, rows, tap_offsets);
  size_t run = plan->merges_taps ? s->kernel_width * plan->run : plan->run;
  char *patch = scratch + plan->patch_at;
  if (taps != 0 && plan->gather == CK_GATHER_TAPS) {
    tile.taps = taps;
    tile.run = run;
    return tile;
  }
  if (taps != 0) {
    size_t run_bytes = run * plan->element_bytes;
    for (size_t r = 0; r < count; r++) {
      char *to = patch + r * plan->patch_row_bytes;
      for (size_t tap = 0; tap < taps; tap++, to += run_bytes)
        ck_copy_run(to, rows[tap * count + r], run_bytes, end);
    }
    for (size_t r = 0; r < count; r++) rows[r] = patch + r * plan->patch_row_bytes;
    tap_offsets[0] = 0;
    tile.run = plan->taps * plan->run;
    return tile;
  }
  ck_pixel pixels[CK_MAX_TILE_ROWS];
  ck_tile_pixels(plan, input, first, count, pixels);
  bool interior = true;
  for (size_t r = 0; r < count; r++) interior &= pixels[r].interior;
  bool merged = interior && plan->merges_taps;
  if (plan->gather == CK_GATHER_PATCH || (plan->patches_border && !merged)) {
    for (size_t r = 0; r < count; r++) {
      rows[r] = patch + r * plan->patch_row_bytes;
      ck_copy_patch(plan, &pixels[r], scratch, patch + r * plan->patch_row_bytes, end);
    }
    tile.run = plan->taps * plan->run;
    return tile;
  }

  // Padding of a merged filter row would need a run of its length: only whole rows are missing,
  // and those are read tap by tap as well.
  if (merged) {
    for (size_t ky = 0; ky < s->kernel_height && merged; ky++) {
      bool outside = ck_is_outside(pixels, count, ky);
      for (size_t r = 0; r < count && merged; r++)
        merged = pixels[r].row_offsets[ky] >= 0 || (outside && skips_padding);
    }
  }
  size_t width = merged ? 1 : s->kernel_width;
  tile.run = merged ? s->kernel_width * plan->run : plan->run;
  for (size_t ky = 0; ky < s->kernel_height; ky++) {
    if (skips_padding && ck_is_outside(pixels, count, ky)) continue;
    for (size_t kx = 0; kx < width; kx++, taps++) {
      tap_offsets[taps] = (ky * s->kernel_width + kx) * plan->run;
      for (size_t r = 0; r < count; r++) {
        ptrdiff_t row = pixels[r].row_offsets[ky], column = pixels[r].column_offsets[kx];
        rows[taps * count + r] =
            row >= 0 && column >= 0 ? pixels[r].image + row + column : scratch;
      }
    }
  }
  tile.taps = taps;
  return tile;
}

#endif
