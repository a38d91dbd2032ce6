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

#include "Vector.h"
// Vectors first: the templates below use them.
#include "GemmFloat32.h"
#include "Scaling.h"
#include "GemmInt8.h"
#include "GemmInt16.h"
#include "DepthwiseFloat32.h"
#include "DepthwiseQuantized.h"
#include "Peak.h"

const ck_table CK_NAME(ck_table) = {
    .tile_rows = CK_ROWS,
    .conv_f32 = CK_NAME(conv_f32),
    .depthwise_f32 = CK_NAME(depthwise_f32),
    .conv_q8 = CK_NAME(conv_q8),
    .conv_q16 = CK_NAME(conv_q16),
    .depthwise_q = CK_NAME(depthwise_q),
    .peak_f32 = CK_NAME(peak_f32),
};
