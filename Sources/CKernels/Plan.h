// The compiled form of a convolution, shared by the float32 and the quantized kernels.

#ifndef CK_PLAN_H
#define CK_PLAN_H

#include "include/ck_convolution.h"

/// Most rows any instruction set's tile has.
#define CK_MAX_TILE_ROWS 16

/// How a tile finds its input.
typedef enum {
  /// Rows are pixels one after the other: 1x1, stride 1, no padding.
  CK_GATHER_DENSE,
  /// One pointer for each row and tap into the input.
  CK_GATHER_TAPS,
  /// Rows are copied into scratch, all taps side by side.
  CK_GATHER_PATCH,
} ck_gather;

struct ck_conv_plan {
  ck_conv_shape shape;
  ck_isa isa;
  ck_element element;
  size_t element_bytes;
  ck_gather gather;
  /// Output pixels, and the taps of the filter.
  size_t rows, taps;
  /// Input channels of one group: the consecutive elements one tap reads.
  size_t run;
  /// Columns of a panel of the packed weights.
  size_t panel_columns;
  /// Blocks are groups of each variant, or a single one that joins all variants of one group.
  size_t blocks, block_columns, block_panels;
  /// Tiles split the rows evenly; a job takes `job_tiles` of them by `job_panels` panels.
  size_t tiles, job_tiles, row_jobs, job_panels, panel_jobs;
  /// Whether the taps of a filter row are consecutive in memory for interior pixels.
  bool merges_taps;
  /// Whether tiles with border pixels copy their rows instead of reading them in place.
  bool patches_border;
  /// Output columns and rows from begin to before end that read no padding.
  size_t interior_x_begin, interior_x_end, interior_y_begin, interior_y_end;
  /// Parts of the scratch, in bytes from its start.
  size_t pointers_at, tap_offsets_at, patch_at, patch_row_bytes, row_sums_at;
  size_t wide_at, wide_row_elements, scratch_bytes;
  /// Byte offsets `[out_height][kernel_height]`, then `[out_width][kernel_width]`; -1 is padding.
  ptrdiff_t offsets[];
};

/// Rows of one tile of the GEMM kernels of `isa` for activations of type `element`.
size_t ck_tile_rows(ck_isa isa, ck_element element);

/// Columns of a panel of weights of the same kernels: those of their tile, which then reads its weights
/// as one stream.
size_t ck_panel_columns(ck_isa isa, ck_element element);

/// 8-bit weights of a column that the same kernels multiply at once: 4 as bytes, or 2 widened.
size_t ck_q8_group(ck_isa isa);

static inline size_t ck_round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static inline size_t ck_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ck_max(size_t a, size_t b) { return a > b ? a : b; }

#endif
