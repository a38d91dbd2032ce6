// Functions over the rows of a matrix: reductions, softmax, normalisation.
//
// Sums have a fixed order on every instruction set: sixteen partial sums, element i going to sum
// i mod 16, which are then added in pairs (0 and 8, 1 and 9, ...).

#ifndef CK_ROWS_H
#define CK_ROWS_H

#include <stddef.h>

#include "ck_isa.h"

typedef enum {
  CK_REDUCE_SUM = 0,
  CK_REDUCE_MEAN,
  CK_REDUCE_MAX,
  CK_REDUCE_MIN,
} ck_reduction;

/// Reduces the middle axis of `[outer, reduced, inner]` to `[outer, inner]`.
///
/// With `inner` 1 in the order above, else from the first element to the last. The mean divides the
/// sum.
void ck_reduce_f32(ck_isa isa, ck_reduction reduction, const float *in, float *out, size_t outer,
                   size_t reduced, size_t inner);

/// out = exp(beta * (in - max)) / sum, for each row.
void ck_softmax_f32(ck_isa isa, const float *in, float *out, size_t rows, size_t columns,
                    float beta);

/// out = in - max - log(sum(exp(in - max))), for each row.
void ck_log_softmax_f32(ck_isa isa, const float *in, float *out, size_t rows, size_t columns);

/// Normalises each row to mean 0 and variance 1, then scales and shifts each column.
///
/// out = (in - mean) / sqrt(variance + epsilon) * scale[c] + shift[c], variance divided by the
/// number of columns (Ba, Kiros and Hinton 2016, eq. 3).
///
/// - scale, shift: `columns` values, or NULL for 1 and 0.
void ck_layer_norm_f32(ck_isa isa, const float *in, const float *scale, const float *shift,
                       float epsilon, float *out, size_t rows, size_t columns);

/// Normalises each group of channels of one image over all its pixels (Wu and He 2018, eq. 7);
/// `groups == channels` is instance normalisation (Ulyanov, Vedaldi and Lempitsky 2016).
///
/// - in: `[pixels, channels]`; groups divide the channels.
/// - scale, shift: `channels` values, or NULL for 1 and 0.
/// - scratch: `2 * channels` floats.
void ck_group_norm_f32(ck_isa isa, const float *in, const float *scale, const float *shift,
                       float epsilon, float *out, size_t pixels, size_t channels, size_t groups,
                       float *scratch);

#endif
