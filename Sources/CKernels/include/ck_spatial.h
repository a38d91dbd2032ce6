// Pooling, resizing and changes of layout.

#ifndef CK_SPATIAL_H
#define CK_SPATIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_convolution.h"
#include "ck_quantized.h"

/// Returns the jobs of a pooling: one for each output line.
size_t ck_pool_jobs(const ck_conv_shape *shape);

/// Maximum of each window, padding left out; a window of padding only gives `lower`.
///
/// Uses batch, extents, kernel, strides, dilation, padding and pixel strides of `shape`;
/// `in_channels` channels. Result clamped to `lower ... upper`. NaN wins.
void ck_max_pool_f32(ck_isa isa, const ck_conv_shape *shape, const float *in, float lower,
                     float upper, float *out, size_t job_begin, size_t job_end);

/// Mean of each window: sum divided by the taps inside the input, or by all taps with
/// `counts_padding`. A window of padding only gives 0.
void ck_average_pool_f32(ck_isa isa, const ck_conv_shape *shape, const float *in, float lower,
                         float upper, bool counts_padding, float *out, size_t job_begin,
                         size_t job_end);

/// Maximum of each window of `CK_INT8`, `CK_UINT8` or `CK_INT16` elements.
void ck_max_pool_q(ck_isa isa, const ck_conv_shape *shape, ck_element element, const void *in,
                   int32_t lower, int32_t upper, void *out, size_t job_begin, size_t job_end);

/// Mean of each window of quantized elements, taps inside the input only, halves rounded away from
/// zero: TensorFlow Lite's reference kernels.
void ck_average_pool_q(ck_isa isa, const ck_conv_shape *shape, ck_element element, const void *in,
                       int32_t lower, int32_t upper, void *out, size_t job_begin, size_t job_end);

/// Where a resized line or column reads: `(1 - fraction) * in[first] + fraction * in[second]`.
typedef struct {
  uint32_t first, second;
  float fraction;
} ck_sample;

/// Bilinear interpolation of output lines `[line_begin, line_end)` of one NHWC image.
///
/// The four pixels are weighted with products of the fractions and added in the order top left,
/// bottom left, top right, bottom right.
///
/// - lines, columns: where each output line and column reads.
void ck_resize_bilinear_f32(ck_isa isa, const float *in, size_t in_width, size_t channels,
                            const ck_sample *lines, const ck_sample *columns, size_t out_width,
                            float *out, size_t line_begin, size_t line_end);

/// Copies one pixel for each output pixel; elements of any size.
///
/// - lines, columns: the input line or column of each output line or column.
/// - pixel_bytes: bytes of all channels of a pixel.
void ck_resize_nearest(const void *in, size_t in_width, size_t pixel_bytes, const uint32_t *lines,
                       const uint32_t *columns, size_t out_width, void *out, size_t line_begin,
                       size_t line_end);

/// Transposes `count` matrices `[rows, columns]`, one after the other, to `[columns, rows]`.
///
/// NHWC to NCHW: one matrix `[height * width, channels]` for each image. In and out must not
/// overlap.
///
/// - element_bytes: 1, 2, 4 or 8.
void ck_transpose(const void *in, void *out, size_t count, size_t rows, size_t columns,
                  size_t element_bytes);

#endif
