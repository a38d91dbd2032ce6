#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "Depthwise.h"
#include "Indirection.h"
#include "Quantized.h"
#include "Tables.h"

// A region instead of compiler flags: the rest of the package runs on any x86-64.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define CK_SUFFIX avx512
#define CK_LANES 16
#define CK_ROWS 14
#define CK_HAS_FMA 1
#define CK_HAS_VNNI 1
#include "Templates/All.h"

#pragma clang attribute pop

#endif
