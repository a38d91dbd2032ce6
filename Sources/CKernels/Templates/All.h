// Every kernel template, and the table of the instruction set that includes them.

#define CK_JOIN2(NAME, SUFFIX) NAME##_##SUFFIX
#define CK_JOIN(NAME, SUFFIX) CK_JOIN2(NAME, SUFFIX)
#define CK_NAME(NAME) CK_JOIN(NAME, CK_SUFFIX)

// clang-format off
#if CK_ROWS == 14
#define CK_EACH_ROW_COUNT(X) \
  X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#elif CK_ROWS == 8
#define CK_EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#elif CK_ROWS == 6
#define CK_EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif CK_ROWS == 4
#define CK_EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4)
#endif
// clang-format on

// Sums round the same on every instruction set: a product and a sum become one operation only where
// a kernel says so.
#pragma clang fp contract(off)

// Whether bytes are narrowed and stored for four outputs at once.
#if defined(__x86_64__) && CK_LANES >= 8
#define CK_PACKS_BYTES 1
#else
#define CK_PACKS_BYTES 0
#endif

#include "Vector.h"
// Vectors first: the templates below use them.
#include "GemmFloat32.h"
#include "Scaling.h"
#include "GemmInt8.h"
#include "GemmInt16.h"
#include "QuantizedElementwise.h"
#include "DepthwiseFloat32.h"
#include "DepthwiseQuantized.h"
#include "VectorMath.h"
#include "Elementwise.h"
#include "Rows.h"
#include "Convert.h"
#include "Pooling.h"
#include "Peak.h"

const ck_table CK_NAME(ck_table) = {
    .tile_rows = CK_ROWS,
    .q8_group = Q8_GROUP,
    .panel_columns = {F32_TILE_COLUMNS, Q8_COLUMNS, Q8_COLUMNS, Q16_COLUMNS},
    .conv_f32 = CK_NAME(conv_f32),
    .depthwise_f32 = CK_NAME(depthwise_f32),
    .conv_q8 = CK_NAME(conv_q8),
    .conv_q16 = CK_NAME(conv_q16),
    .depthwise_q = CK_NAME(depthwise_q),
    .unary = CK_NAME(unary),
    .binary = CK_NAME(binary),
    .scale_shift = CK_NAME(scale_shift),
    .f16_to_f32 = CK_NAME(f16_to_f32),
    .f32_to_f16 = CK_NAME(f32_to_f16),
    .bf16_to_f32 = CK_NAME(bf16_to_f32),
    .f32_to_bf16 = CK_NAME(f32_to_bf16),
    .quantize = CK_NAME(quantize),
    .dequantize = CK_NAME(dequantize),
    .fake_quantize = CK_NAME(fake_quantize),
    .quantize_rows = CK_NAME(quantize_rows),
    .reduce = CK_NAME(reduce),
    .softmax = CK_NAME(softmax),
    .log_softmax = CK_NAME(log_softmax),
    .layer_norm = CK_NAME(layer_norm),
    .group_norm = CK_NAME(group_norm),
    .max_pool_f32 = CK_NAME(max_pool_f32),
    .average_pool_f32 = CK_NAME(average_pool_f32),
    .max_pool_s8 = CK_NAME(max_pool_s8),
    .max_pool_u8 = CK_NAME(max_pool_u8),
    .max_pool_s16 = CK_NAME(max_pool_s16),
    .average_pool_s8 = CK_NAME(average_pool_s8),
    .average_pool_u8 = CK_NAME(average_pool_u8),
    .average_pool_s16 = CK_NAME(average_pool_s16),
    .resize_bilinear = CK_NAME(resize_bilinear),
    .sum_q8 = CK_NAME(sum_q8),
    .product_q8 = CK_NAME(product_q8),
    .peak_f32 = CK_NAME(peak_f32),
};
