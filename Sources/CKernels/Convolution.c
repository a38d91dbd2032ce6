#include <string.h>

#include "Tables.h"

size_t ck_tile_rows(ck_isa isa, ck_element element) {
  return element == CK_INT16 ? 1 : ck_table_of(isa)->tile_rows;
}

size_t ck_panel_columns(ck_isa isa, ck_element element) {
  return ck_table_of(isa)->panel_columns[element];
}

size_t ck_q8_group(ck_isa isa) { return ck_table_of(isa)->q8_group; }

static size_t panel_floats(const ck_conv_shape *s, size_t panel_columns) {
  size_t depth = s->kernel_height * s->kernel_width * (s->in_channels / s->groups);
  return (1 + depth) * panel_columns;
}

size_t ck_conv_f32_packed_bytes(const ck_conv_shape *s, ck_isa isa) {
  size_t panel = panel_floats(s, ck_panel_columns(isa, CK_FLOAT32));
  return ck_conv_panels(s, CK_FLOAT32, isa) * panel * sizeof(float);
}

/// Copies the weights of `count` columns of a panel, `filters[c]` being the first weight of a column.
static void pack_columns(const ck_conv_shape *s, ck_filter_strides strides,
                         const float *const *filters, size_t count, size_t panel_columns,
                         float *to) {
  // Columns are read in short stretches: the part of the panel they go to stays in L1.
  enum { STRETCH = 16 };
  size_t run = s->in_channels / s->groups;
  for (size_t ky = 0; ky < s->kernel_height; ky++) {
    for (size_t kx = 0; kx < s->kernel_width; kx++, to += run * panel_columns) {
      size_t tap = ky * strides.height + kx * strides.width;
      for (size_t begin = 0; begin < run; begin += STRETCH) {
        size_t end = ck_min(begin + STRETCH, run);
        for (size_t c = 0; c < count; c++) {
          const float *from = filters[c] + tap;
          for (size_t k = begin; k < end; k++)
            to[k * panel_columns + c] = from[k * strides.in];
        }
      }
    }
  }
}

void ck_conv_f32_pack(const ck_conv_shape *s, ck_filter_strides strides,
                      const float *const *weights, const float *const *bias, ck_isa isa,
                      float *packed, size_t panel_begin, size_t panel_end) {
  size_t panel_columns = ck_panel_columns(isa, CK_FLOAT32);
  size_t joined = s->groups == 1 ? s->variants : 1;
  size_t block_columns = s->out_channels / s->groups * joined;
  size_t block_panels = (block_columns + panel_columns - 1) / panel_columns;
  size_t stride = panel_floats(s, panel_columns);
  const float *filters[CK_MAX_PANEL_COLUMNS];
  for (size_t panel = panel_begin; panel < panel_end; panel++) {
    float *to = packed + panel * stride;
    size_t first = panel % block_panels * panel_columns;
    size_t count = ck_min(block_columns - first, panel_columns);
    // Only the last panel of a block has columns without weights.
    memset(to, 0, (count < panel_columns ? stride : panel_columns) * sizeof(float));
    for (size_t c = 0; c < count; c++) {
      size_t channel = panel / block_panels * block_columns + first + c;
      size_t variant = channel / s->out_channels, out = channel % s->out_channels;
      filters[c] = weights[variant] + out * strides.out;
      // Adding zero turns -0 into +0; padding could otherwise change the sign of a zero sum.
      if (bias != NULL && bias[variant] != NULL) to[c] = bias[variant][out] + 0.0f;
    }
    pack_columns(s, strides, filters, count, panel_columns, to + panel_columns);
  }
}

void ck_conv_f32_run(const ck_conv_plan *plan, const float *packed, const float *input,
                     float *output, const ck_epilogue *epilogue, void *scratch, size_t job_begin,
                     size_t job_end) {
  ck_table_of(plan->isa)
      ->conv_f32(plan, packed, input, output, epilogue, scratch, job_begin, job_end);
}
