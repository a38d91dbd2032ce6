// Packed forms of quantized weights, shared by packing and kernels.

#ifndef CK_QUANTIZED_PACKED_H
#define CK_QUANTIZED_PACKED_H

#include "Plan.h"
#include "include/ck_quantized.h"

/// Constants in front of the weights of a panel: rows of as many words as it has columns.
enum {
  /// Bias with the zero points' contribution folded in; added to the sum of raw products.
  CK_Q8_BIAS,
  /// Sum of the channel's weights.
  CK_Q8_WEIGHT_SUM,
  CK_Q8_MULTIPLIER,
  CK_Q8_SHIFT,
  CK_Q8_SCALE,
  CK_Q8_BIAS_F32,
  CK_Q8_WEIGHTS,
};

/// Columns of a panel for 16-bit activations, of every instruction set.
#define CK_Q16_PANEL_COLUMNS 32

/// Its constants, in front of the weights.
typedef struct {
  int64_t bias[CK_Q16_PANEL_COLUMNS];
  int32_t multiplier[CK_Q16_PANEL_COLUMNS];
  int32_t shift[CK_Q16_PANEL_COLUMNS];
} ck_q16_header;

/// Bytes of a panel: weights are `[depth / group][columns][group]` bytes.
static inline size_t ck_q8_panel_bytes(size_t depth, size_t columns, size_t group) {
  return (CK_Q8_WEIGHTS * sizeof(int32_t) + ck_round_up(depth, group)) * columns;
}

/// Bytes of a panel: weights are `[depth / 2][32 columns][2]` 16-bit integers.
static inline size_t ck_q16_panel_bytes(size_t depth) {
  return sizeof(ck_q16_header) + ck_round_up(depth, 2) * CK_Q16_PANEL_COLUMNS * sizeof(int16_t);
}

/// 8-bit activations are multiplied as unsigned bytes: signed ones with their top bit flipped,
/// which adds 128 to the value and to its zero point.
static inline int32_t ck_unsigned_zero_point(ck_element element, int32_t zero_point) {
  return element == CK_INT8 ? zero_point + 128 : zero_point;
}

/// 8-bit weights are multiplied as signed bytes, unsigned ones less 128.
static inline int32_t ck_signed_weight_zero_point(const ck_quantization *q) {
  return q->weights_unsigned ? q->weight_zero_point - 128 : q->weight_zero_point;
}

/// Depthwise packing of one variant: rows of `channels` words, constants first, then a row of
/// weights for each tap. A bias of 64 bits is split into its low and high word.
enum {
  CK_DWQ_BIAS,
  CK_DWQ_BIAS_HIGH,
  CK_DWQ_MULTIPLIER,
  CK_DWQ_SHIFT,
  CK_DWQ_SCALE,
  CK_DWQ_BIAS_F32,
  CK_DWQ_WEIGHTS,
};

/// Whether a depthwise filter is packed a second time, its columns as bytes of a lane: behind the
/// rows of weights there are a row with the bias less the zero points' share, and one row for each
/// filter column.
static inline bool ck_depthwise_packs_bytes(const ck_conv_shape *s, const ck_quantization *q) {
  return s->kernel_height == 3 && s->kernel_width == 3 && !q->weights_unsigned &&
         q->weight_zero_point == 0;
}

/// Rows of a packed depthwise filter of one variant.
static inline size_t ck_depthwise_q_rows(const ck_conv_shape *s) {
  size_t taps = s->kernel_height * s->kernel_width;
  return CK_DWQ_WEIGHTS + taps + (taps == 9 ? 4 : 0);
}

#endif
