#include "Depthwise.h"

#include <string.h>

#include "Tables.h"

void ck_depthwise_plan_init(ck_conv_plan *plan, const ck_conv_shape *s, ck_element element,
                            ck_isa isa) {
  // Lines are the jobs; few lines are split by channel, at least 64 of them at a time.
  enum { MIN_JOBS = 8, MIN_CHANNELS = 64 };
  ck_conv_plan_init(plan, s, element, isa);
  size_t lines = s->batch * s->out_height * s->variants;
  size_t parts = lines >= MIN_JOBS ? 1 : (MIN_JOBS + lines - 1) / lines;
  size_t channels = ck_round_up((s->out_channels + parts - 1) / parts, CK_DEPTHWISE_PANEL);
  channels = ck_max(channels, MIN_CHANNELS);
  plan->job_panels = channels / CK_DEPTHWISE_PANEL;
  plan->panel_jobs = (s->out_channels + channels - 1) / channels;
  plan->row_jobs = lines;
  plan->blocks = 1;
  plan->scratch_bytes = CK_ALIGNMENT;
}

size_t ck_depthwise_f32_packed_bytes(const ck_conv_shape *s) {
  size_t taps = s->kernel_height * s->kernel_width;
  return s->variants * (1 + taps) * ck_depthwise_channels(s) * sizeof(float);
}

void ck_depthwise_f32_pack(const ck_conv_shape *s, ck_filter_strides strides,
                           const float *const *weights, const float *const *bias,
                           float *packed) {
  size_t rows = 1 + s->kernel_height * s->kernel_width;
  memset(packed, 0, ck_depthwise_f32_packed_bytes(s));
  for (size_t v = 0; v < s->variants; v++) {
    for (size_t c = 0; c < s->out_channels; c++) {
      float *to = packed + c / CK_CHANNEL_MULTIPLE * rows * CK_CHANNEL_MULTIPLE +
                  c % CK_CHANNEL_MULTIPLE;
      if (bias != NULL && bias[v] != NULL) *to = bias[v][c];
      for (size_t ky = 0; ky < s->kernel_height; ky++) {
        for (size_t kx = 0; kx < s->kernel_width; kx++) {
          to += CK_CHANNEL_MULTIPLE;
          *to = weights[v][ky * strides.height + kx * strides.width + c * strides.out];
        }
      }
    }
    packed += rows * ck_depthwise_channels(s);
  }
}

void ck_depthwise_f32_run(const ck_conv_plan *plan, const float *packed, const float *input,
                          float *output, const ck_epilogue *epilogue, size_t job_begin,
                          size_t job_end) {
  ck_table_of(plan->isa)
      ->depthwise_f32(plan, packed, input, output, epilogue, job_begin, job_end);
}
