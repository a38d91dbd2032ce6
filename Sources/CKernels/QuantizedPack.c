#include <string.h>

#include "Depthwise.h"
#include "Quantized.h"
#include "Tables.h"

/// One output channel of a panel.
typedef struct {
  const ck_conv_shape *shape;
  ck_filter_strides strides;
  const uint8_t *filter;
  /// Index into the channel scales.
  size_t channel;
} column;

// Visits the weights of a column in the order of the sum; `depth` receives 0, 1, ...
#define FOR_EACH_WEIGHT(COLUMN, DEPTH, VALUE)                                               \
  for (size_t ky = 0, DEPTH = 0; ky < (COLUMN)->shape->kernel_height; ky++)                  \
    for (size_t kx = 0; kx < (COLUMN)->shape->kernel_width; kx++)                            \
      for (size_t i = 0, run = (COLUMN)->shape->in_channels / (COLUMN)->shape->groups;       \
           i < run; i++, DEPTH++)                                                            \
        for (uint8_t once = 1, VALUE = (COLUMN)->filter[ky * (COLUMN)->strides.height +      \
                                                        kx * (COLUMN)->strides.width +       \
                                                        i * (COLUMN)->strides.in];           \
             once; once = 0)

static size_t depth_of(const ck_conv_shape *s) {
  return s->kernel_height * s->kernel_width * (s->in_channels / s->groups);
}

size_t ck_conv_q8_packed_bytes(const ck_conv_shape *s, ck_isa isa) {
  // Signed and unsigned activations have the same panels.
  size_t panel =
      ck_q8_panel_bytes(depth_of(s), ck_panel_columns(isa, CK_INT8), ck_q8_group(isa));
  return ck_conv_panels(s, CK_INT8, isa) * panel;
}

size_t ck_conv_q16_packed_bytes(const ck_conv_shape *s, ck_isa isa) {
  return ck_conv_panels(s, CK_INT16, isa) * ck_q16_panel_bytes(depth_of(s));
}

static void pack_q8_column(const column *from, const ck_quantization *q,
                           const ck_channel_scales *scales, size_t panel_columns, size_t group,
                           int32_t *panel, size_t c) {
  int8_t *to = (int8_t *)(panel + CK_Q8_WEIGHTS * panel_columns);
  int32_t sum = 0;
  FOR_EACH_WEIGHT(from, k, byte) {
    int8_t weight = q->weights_unsigned ? (int8_t)(byte ^ 0x80) : (int8_t)byte;
    to[(k / group * panel_columns + c) * group + k % group] = weight;
    sum += weight;
  }
  // sum((x - zx)(w - zw)) = sum(x w) - zx sum(w) - zw sum(x) + depth zx zw. All but the third
  // term, which needs the input, is known now. Arithmetic wraps like the sum itself.
  uint32_t zx = (uint32_t)ck_unsigned_zero_point(q->input, q->input_zero_point);
  uint32_t zw = (uint32_t)ck_signed_weight_zero_point(q);
  uint32_t depth = (uint32_t)depth_of(from->shape);
  uint32_t bias = scales->bias != NULL ? (uint32_t)scales->bias[from->channel] : 0;
  int32_t *constants = panel + c;
  constants[CK_Q8_BIAS * panel_columns] = (int32_t)(bias - zx * (uint32_t)sum + depth * zx * zw);
  constants[CK_Q8_WEIGHT_SUM * panel_columns] = (int32_t)((uint32_t)sum - depth * zw);
  if (scales->multiplier != NULL)
    constants[CK_Q8_MULTIPLIER * panel_columns] = scales->multiplier[from->channel];
  if (scales->shift != NULL)
    constants[CK_Q8_SHIFT * panel_columns] = scales->shift[from->channel];
  float *floats = (float *)constants;
  if (scales->scale != NULL) floats[CK_Q8_SCALE * panel_columns] = scales->scale[from->channel];
  if (scales->bias_f32 != NULL)
    floats[CK_Q8_BIAS_F32 * panel_columns] = scales->bias_f32[from->channel];
}

static void pack_q16_column(const column *from, const ck_channel_scales *scales,
                            ck_q16_header *header, int16_t *to, size_t c) {
  FOR_EACH_WEIGHT(from, k, byte)
  to[(k / 2 * CK_Q16_PANEL_COLUMNS + c) * 2 + k % 2] = (int8_t)byte;
  if (scales->bias != NULL) header->bias[c] = scales->bias[from->channel];
  if (scales->bias64 != NULL) header->bias[c] = scales->bias64[from->channel];
  header->multiplier[c] = scales->multiplier[from->channel];
  header->shift[c] = scales->shift[from->channel];
}

/// The columns of panel `panel`; returns how many of `panel_columns` there are.
static size_t find_columns(const ck_conv_shape *s, ck_filter_strides strides,
                           const void *const *weights, size_t panel, size_t panel_columns,
                           column *columns) {
  size_t joined = s->groups == 1 ? s->variants : 1;
  size_t block_columns = s->out_channels / s->groups * joined;
  size_t block_panels = (block_columns + panel_columns - 1) / panel_columns;
  size_t first = panel % block_panels * panel_columns;
  size_t count = ck_min(block_columns - first, panel_columns);
  for (size_t c = 0; c < count; c++) {
    size_t channel = panel / block_panels * block_columns + first + c;
    const uint8_t *variant = weights[channel / s->out_channels];
    columns[c] = (column){s, strides, variant + channel % s->out_channels * strides.out, channel};
  }
  return count;
}

void ck_conv_q8_pack(const ck_conv_shape *s, ck_filter_strides strides, const ck_quantization *q,
                     const ck_channel_scales *scales, const void *const *weights, ck_isa isa,
                     void *packed, size_t panel_begin, size_t panel_end) {
  size_t panel_columns = ck_panel_columns(isa, q->input), group = ck_q8_group(isa);
  size_t bytes = ck_q8_panel_bytes(depth_of(s), panel_columns, group);
  column columns[CK_MAX_PANEL_COLUMNS];
  for (size_t panel = panel_begin; panel < panel_end; panel++) {
    int32_t *to = (int32_t *)((char *)packed + panel * bytes);
    memset(to, 0, bytes);
    size_t count = find_columns(s, strides, weights, panel, panel_columns, columns);
    for (size_t c = 0; c < count; c++)
      pack_q8_column(&columns[c], q, scales, panel_columns, group, to, c);
  }
}

void ck_conv_q16_pack(const ck_conv_shape *s, ck_filter_strides strides,
                      const ck_channel_scales *scales, const int8_t *const *weights, ck_isa isa,
                      void *packed, size_t panel_begin, size_t panel_end) {
  size_t bytes = ck_q16_panel_bytes(depth_of(s));
  size_t panel_columns = ck_panel_columns(isa, CK_INT16);
  column columns[CK_MAX_PANEL_COLUMNS];
  for (size_t panel = panel_begin; panel < panel_end; panel++) {
    ck_q16_header *header = (ck_q16_header *)((char *)packed + panel * bytes);
    memset(header, 0, bytes);
    size_t count = find_columns(s, strides, (const void *const *)weights, panel, panel_columns, columns);
    for (size_t c = 0; c < count; c++)
      pack_q16_column(&columns[c], scales, header, (int16_t *)(header + 1), c);
  }
}

size_t ck_depthwise_q_packed_bytes(const ck_conv_shape *s) {
  return s->variants * ck_depthwise_q_rows(s) * ck_depthwise_channels(s) * sizeof(int32_t);
}

void ck_depthwise_q_pack(const ck_conv_shape *s, ck_filter_strides strides,
                         const ck_quantization *q, const ck_channel_scales *scales,
                         const void *const *weights, void *packed) {
  size_t channels = ck_depthwise_channels(s);
  memset(packed, 0, ck_depthwise_q_packed_bytes(s));
  int32_t *to = packed;
  for (size_t v = 0; v < s->variants; v++) {
    for (size_t c = 0; c < s->out_channels; c++) {
      size_t channel = v * s->out_channels + c;
      float *floats = (float *)to;
      int64_t bias = scales->bias != NULL     ? scales->bias[channel]
                     : scales->bias64 != NULL ? scales->bias64[channel]
                                              : 0;
      to[CK_DWQ_BIAS * channels + c] = (int32_t)bias;
      to[CK_DWQ_BIAS_HIGH * channels + c] = (int32_t)(bias >> 32);
      if (scales->multiplier != NULL)
        to[CK_DWQ_MULTIPLIER * channels + c] = scales->multiplier[channel];
      if (scales->shift != NULL) to[CK_DWQ_SHIFT * channels + c] = scales->shift[channel];
      if (scales->scale != NULL) floats[CK_DWQ_SCALE * channels + c] = scales->scale[channel];
      if (scales->bias_f32 != NULL)
        floats[CK_DWQ_BIAS_F32 * channels + c] = scales->bias_f32[channel];
      const uint8_t *filter = (const uint8_t *)weights[v] + c * strides.out;
      int32_t *weight = to + CK_DWQ_WEIGHTS * channels + c;
      for (size_t ky = 0; ky < s->kernel_height; ky++) {
        for (size_t kx = 0; kx < s->kernel_width; kx++, weight += channels) {
          uint8_t byte = filter[ky * strides.height + kx * strides.width];
          int32_t value = q->weights_unsigned ? byte : (int8_t)byte;
          // The kernels multiply the low 16 bits of each lane; the high ones must be zero.
          *weight = (uint16_t)(value - q->weight_zero_point);
        }
      }
      if (!ck_depthwise_packs_bytes(s, q) || q->input == CK_INT16) continue;
      uint32_t zero_share = 0;
      for (size_t kx = 0; kx < 3; kx++) {
        uint32_t lane = 0;
        for (size_t ky = 0; ky < 3; ky++) {
          uint8_t byte = filter[ky * strides.height + kx * strides.width];
          lane |= (uint32_t)byte << (8 * ky);
          zero_share += (uint32_t)(int8_t)byte *
                        (uint32_t)ck_unsigned_zero_point(q->input, q->input_zero_point);
        }
        weight[(1 + kx) * channels] = (int32_t)lane;
      }
      // `weight` has passed the last tap: it is where the folded bias goes.
      *weight = (int32_t)((uint32_t)bias - zero_share);
    }
    to += ck_depthwise_q_rows(s) * channels;
  }
}

void ck_conv_q8_run(const ck_conv_plan *plan, const void *packed, const ck_quantization *q,
                    const void *input, void *output, const ck_quantized_epilogue *epilogue,
                    void *scratch, size_t job_begin, size_t job_end) {
  ck_table_of(plan->isa)
      ->conv_q8(plan, packed, q, input, output, epilogue, scratch, job_begin, job_end);
}

void ck_conv_q16_run(const ck_conv_plan *plan, const void *packed, const int16_t *input,
                     int16_t *output, const ck_quantized_epilogue *epilogue, void *scratch,
                     size_t job_begin, size_t job_end) {
  ck_table_of(plan->isa)
      ->conv_q16(plan, packed, input, output, epilogue, scratch, job_begin, job_end);
}

void ck_depthwise_q_run(const ck_conv_plan *plan, const void *packed, const ck_quantization *q,
                        const void *input, void *output, const ck_quantized_epilogue *epilogue,
                        size_t job_begin, size_t job_end) {
  ck_table_of(plan->isa)
      ->depthwise_q(plan, packed, q, input, output, epilogue, job_begin, job_end);
}
