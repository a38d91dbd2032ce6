// What the depthwise kernels of all element types share: jobs, and the taps inside the input.

#ifndef CK_DEPTHWISE_PLAN_H
#define CK_DEPTHWISE_PLAN_H

#include "Plan.h"

/// Channels are packed in multiples of this.
#define CK_CHANNEL_MULTIPLE 16

/// A job has a multiple of this many channels.
#define CK_DEPTHWISE_PANEL 32

/// One output line of one variant, for some of the channels.
typedef struct {
  size_t variant, image, y, channel_begin, channel_end;
  /// Rows of the filter inside the input: `[ky_begin, ky_end)`.
  size_t ky_begin, ky_end;
  /// Byte offsets of the filter rows; those inside the range are not negative.
  const ptrdiff_t *row_offsets;
} ck_depthwise_line;

/// Taps inside the input are consecutive, for rows as for columns.
static inline void ck_tap_range(const ptrdiff_t *offsets, size_t kernel, size_t *begin,
                                size_t *end) {
  size_t k = 0;
  while (k < kernel && offsets[k] < 0) k++;
  *begin = k;
  while (k < kernel && offsets[k] >= 0) k++;
  *end = k;
}

static inline ck_depthwise_line ck_depthwise_job(const ck_conv_plan *plan, size_t job) {
  const ck_conv_shape *s = &plan->shape;
  ck_depthwise_line line;
  size_t part = job % plan->panel_jobs, rest = job / plan->panel_jobs;
  line.y = rest % s->out_height;
  rest /= s->out_height;
  line.image = rest % s->batch;
  line.variant = rest / s->batch;
  line.channel_begin = part * plan->job_panels * CK_DEPTHWISE_PANEL;
  line.channel_end =
      ck_min(line.channel_begin + plan->job_panels * CK_DEPTHWISE_PANEL, s->out_channels);
  line.row_offsets = plan->offsets + line.y * s->kernel_height;
  ck_tap_range(line.row_offsets, s->kernel_height, &line.ky_begin, &line.ky_end);
  return line;
}

static inline size_t ck_depthwise_channels(const ck_conv_shape *s) {
  return ck_round_up(s->out_channels, CK_CHANNEL_MULTIPLE);
}

#endif
