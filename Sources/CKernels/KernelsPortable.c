#if defined(__x86_64__)
#include <emmintrin.h>
#endif
#include <math.h>
#include <string.h>

#include "Depthwise.h"
#include "Indirection.h"
#include "Quantized.h"
#include "Tables.h"

#define CK_SUFFIX portable
#define CK_LANES 4
// arm64 has 32 vector registers and FMA, baseline x86-64 has 16 and none.
#if defined(__aarch64__)
#define CK_ROWS 8
#define CK_HAS_FMA 1
#else
#define CK_ROWS 4
#define CK_HAS_FMA 0
#endif
#define CK_HAS_VNNI 0
#include "Templates/All.h"
