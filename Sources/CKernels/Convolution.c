#include <string.h>

#include "Tables.h"

size_t ck_tile_rows(ck_isa isa, ck_element element) {
  return element == CK_INT16 ? 1 : ck_table_of(isa)->tile_rows;
}

static size_t panel_floats(const ck_conv_shape *s) {
  size_t depth = s->kernel_height * s->kernel_width * (s->in_channels / s->groups);
  return (1 + depth) * CK_PANEL_COLUMNS;
}

size_t ck_conv_f32_packed_bytes(const ck_conv_shape *s) {
  return ck_conv_panels(s) * panel_floats(s) * sizeof(float);
}

static void pack_column(const ck_conv_shape *s, ck_filter_strides strides, const float *filter,
                        float *to) {
  size_t run = s->in_channels / s->groups;
  for (size_t ky = 0; ky < s->kernel_height; ky++) {
    for (size_t kx = 0; kx < s->kernel_width; kx++) {
      const float *from = filter + ky * strides.height + kx * strides.width;
      for (size_t k = 0; k < run; k++, to += CK_PANEL_COLUMNS) *to = from[k * strides.in];
    }
  }
}

void ck_conv_f32_pack(const ck_conv_shape *s, ck_filter_strides strides,
                      const float *const *weights, const float *const *bias, float *packed,
                      size_t panel_begin, size_t panel_end) {
  size_t joined = s->groups == 1 ? s->variants : 1;
  size_t block_columns = s->out_channels / s->groups * joined;
  size_t block_panels = (block_columns + CK_PANEL_COLUMNS - 1) / CK_PANEL_COLUMNS;
  size_t stride = panel_floats(s);
  for (size_t panel = panel_begin; panel < panel_end; panel++) {
    float *to = packed + panel * stride;
    memset(to, 0, stride * sizeof(float));
    size_t first = panel % block_panels * CK_PANEL_COLUMNS;
    size_t count = block_columns - first;
    if (count > CK_PANEL_COLUMNS) count = CK_PANEL_COLUMNS;
    for (size_t c = 0; c < count; c++) {
      size_t channel = panel / block_panels * block_columns + first + c;
      size_t variant = channel / s->out_channels, out = channel % s->out_channels;
      pack_column(s, strides, weights[variant] + out * strides.out, to + CK_PANEL_COLUMNS + c);
      // Adding zero turns -0 into +0; padding could otherwise change the sign of a zero sum.
      if (bias != NULL && bias[variant] != NULL) to[c] = bias[variant][out] + 0.0f;
    }
  }
}

void ck_conv_f32_run(const ck_conv_plan *plan, const float *packed, const float *input,
                     float *output, const ck_epilogue *epilogue, void *scratch, size_t job_begin,
                     size_t job_end) {
  ck_table_of(plan->isa)
      ->conv_f32(plan, packed, input, output, epilogue, scratch, job_begin, job_end);
}
