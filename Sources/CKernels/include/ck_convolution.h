// Convolution, fully connected and matrix product in float32, and the plan they share with the
// quantized kernels of ck_quantized.h.
//
// All are an indirect GEMM (M. Dukhan, "The Indirect Convolution Algorithm", 2019): output pixels
// are the rows, output channels the columns, and the sum runs over filter taps and input channels.
// A fully connected layer or a matrix product with M rows is a 1x1 convolution over M pixels.

#ifndef CK_CONVOLUTION_H
#define CK_CONVOLUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_isa.h"

/// Most columns that any instruction set's panel of packed weights has.
#define CK_MAX_PANEL_COLUMNS 32

/// Alignment in bytes that packed weights, plans and scratch need.
#define CK_ALIGNMENT 64

/// Geometry of a two-dimensional convolution over NHWC tensors.
///
/// Input `[batch, in_height, in_width, in_channels]`, output `[batch, out_height, out_width,
/// variants * out_channels]`. Bottom and right padding follow from the output size. Padding may be
/// negative (a crop) and may exceed the kernel.
typedef struct {
  size_t batch, in_height, in_width, in_channels;
  size_t out_height, out_width, out_channels;
  size_t kernel_height, kernel_width;
  size_t stride_height, stride_width;
  size_t dilation_height, dilation_width;
  ptrdiff_t pad_top, pad_left;
  /// Channel groups; divides `in_channels` and `out_channels`.
  size_t groups;
  /// Sets of weights applied to the same input in one pass; output channels side by side.
  size_t variants;
  /// Elements between neighbouring pixels; at least the number of channels.
  size_t in_pixel_stride, out_pixel_stride;
} ck_conv_shape;

/// Element type of the activations a plan is made for.
typedef enum { CK_FLOAT32 = 0, CK_INT8 = 1, CK_UINT8 = 2, CK_INT16 = 3 } ck_element;

/// Where a filter value lies: element distance along each filter dimension.
///
/// Expresses OHWI, OIHW, HWIO, and both `[in, out]` and `[out, in]` matrices without a transpose.
typedef struct {
  size_t out, height, width, in;
} ck_filter_strides;

/// A convolution compiled for one shape: offsets of every tap, tiles and jobs. Immutable.
typedef struct ck_conv_plan ck_conv_plan;

/// What happens to a sum before it is stored.
///
/// `out = clamp(y + residual)`, or `clamp(y) + residual` if `residual_after_clamp`, where
/// `y = fma(sum, scale[c], shift[c])`, or the sum where `scale` is NULL. NaN passes through the clamp.
/// No activation is `-INFINITY ... INFINITY`, relu6 is `0 ... 6`. The same operations in the same order
/// as the kernels that do them one by one, so that the results are the same, bit for bit.
typedef struct {
  float lower, upper;
  /// One factor and one offset for each output channel of all variants, followed by
  /// `CK_MAX_PANEL_COLUMNS` floats that may be read; both or neither are NULL.
  const float *scale, *shift;
  /// Rows as in the output, or NULL.
  const float *residual;
  /// Elements between rows of `residual`.
  size_t residual_stride;
  bool residual_after_clamp;
  /// Whether negative inputs count as 0 (relu before the layer). Depthwise kernels only.
  bool input_relu;
} ck_epilogue;

/// Returns whether every extent is positive, groups divide the channels, strides hold the
/// channels, and no size computed from the shape overflows.
bool ck_conv_shape_valid(const ck_conv_shape *shape);

/// Returns the size of a plan for a valid shape.
size_t ck_conv_plan_bytes(const ck_conv_shape *shape);

/// Fills `plan` (`ck_conv_plan_bytes` bytes).
void ck_conv_plan_init(ck_conv_plan *plan, const ck_conv_shape *shape, ck_element element,
                       ck_isa isa);

/// Fills `plan` for a transposed convolution: input pixel (y, x) adds to output pixels
/// `(y * stride + ky * dilation - pad, ...)`. Extents are those of the layer's own input and output.
///
/// Computed as a convolution whose taps often read padding; filter rows that do so for a whole tile
/// are skipped. Packing and running are those of a convolution.
void ck_conv_plan_init_transposed(ck_conv_plan *plan, const ck_conv_shape *shape,
                                  ck_element element, ck_isa isa);

/// Returns the number of independent jobs of a run.
size_t ck_conv_plan_jobs(const ck_conv_plan *plan);

/// Returns the scratch bytes each thread needs.
size_t ck_conv_plan_scratch_bytes(const ck_conv_plan *plan);

/// Returns the bytes of packed float32 weights; depends on channels, kernel, groups and variants.
size_t ck_conv_f32_packed_bytes(const ck_conv_shape *shape, ck_isa isa);

/// Returns how many panels the packed weights for activations of type `element` have; packing can be
/// split between threads by panel.
size_t ck_conv_panels(const ck_conv_shape *shape, ck_element element, ck_isa isa);

/// Packs panels `[panel_begin, panel_end)` of the weights of all variants for the kernels of `isa`.
///
/// Layout: `[variant and group][out channels / C][bias C, then [taps][in channels][C]]`, where C is the
/// number of columns of the instruction set's tile, so that a tile reads its weights as one stream.
/// With one group the variants are joined into one run of `variants * out_channels` columns.
///
/// - weights: one pointer for each variant.
/// - bias: one pointer for each variant; NULL, or NULL entries, mean zero.
void ck_conv_f32_pack(const ck_conv_shape *shape, ck_filter_strides strides,
                      const float *const *weights, const float *const *bias, ck_isa isa,
                      float *packed, size_t panel_begin, size_t panel_end);

/// Runs jobs `[job_begin, job_end)` of a float32 convolution.
///
/// Each sum is one chain `fma(x, w, sum)` that starts with the bias and visits taps row by row and
/// channels in order, so every instruction set with FMA gives the same bits. The portable path on
/// x86-64 has no FMA and rounds the product as well. Taps that lie outside the input for a whole
/// tile are skipped, which differs only for weights that are not finite.
void ck_conv_f32_run(const ck_conv_plan *plan, const float *packed, const float *input,
                     float *output, const ck_epilogue *epilogue, void *scratch, size_t job_begin,
                     size_t job_end);

#endif
