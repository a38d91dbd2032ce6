// Depthwise convolution in float32: each output channel reads one input channel.
//
// The shape has `groups == in_channels`, and `out_channels` is a multiple of `in_channels`; output
// channel `c` reads input channel `c / (out_channels / in_channels)`. Plans are those of
// ck_convolution.h, filled by the functions here.

#ifndef CK_DEPTHWISE_H
#define CK_DEPTHWISE_H

#include "ck_convolution.h"

/// Fills `plan` (`ck_conv_plan_bytes` bytes) for depthwise kernels. They need no scratch.
void ck_depthwise_plan_init(ck_conv_plan *plan, const ck_conv_shape *shape, ck_element element,
                            ck_isa isa);

/// Returns the bytes of packed float32 weights of all variants.
size_t ck_depthwise_f32_packed_bytes(const ck_conv_shape *shape);

/// Packs weights and bias of all variants.
///
/// Layout for each variant: `[channels / 16][bias 16, then [taps][16]]`.
///
/// - strides: `out` steps over output channels; `in` is not used.
/// - bias: one pointer for each variant; NULL, or NULL entries, mean zero.
void ck_depthwise_f32_pack(const ck_conv_shape *shape, ck_filter_strides strides,
                           const float *const *weights, const float *const *bias, float *packed);

/// Runs jobs `[job_begin, job_end)`. Sums as `ck_conv_f32_run` does; padding is never read.
void ck_depthwise_f32_run(const ck_conv_plan *plan, const float *packed, const float *input,
                          float *output, const ck_epilogue *epilogue, size_t job_begin,
                          size_t job_end);

#endif
