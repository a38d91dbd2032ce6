// One table of kernels for each instruction set; the public functions call through it.

#ifndef CK_TABLES_H
#define CK_TABLES_H

#include "Plan.h"
#include "include/CKernels.h"

typedef struct {
  size_t tile_rows;
  void (*conv_f32)(const ck_conv_plan *, const float *, const float *, float *,
                   const ck_epilogue *, char *, size_t, size_t);
  void (*depthwise_f32)(const ck_conv_plan *, const float *, const float *, float *,
                        const ck_epilogue *, size_t, size_t);
  void (*conv_q8)(const ck_conv_plan *, const void *, const ck_quantization *, const void *,
                  void *, const ck_quantized_epilogue *, char *, size_t, size_t);
  void (*conv_q16)(const ck_conv_plan *, const void *, const int16_t *, int16_t *,
                   const ck_quantized_epilogue *, char *, size_t, size_t);
  void (*depthwise_q)(const ck_conv_plan *, const void *, const ck_quantization *, const void *,
                      void *, const ck_quantized_epilogue *, size_t, size_t);
  size_t (*peak_f32)(size_t);
} ck_table;

extern const ck_table ck_table_portable;
#if defined(__x86_64__)
extern const ck_table ck_table_avx2, ck_table_avx512;
#endif

static inline const ck_table *ck_table_of(ck_isa isa) {
#if defined(__x86_64__)
  if (isa == CK_ISA_AVX512) return &ck_table_avx512;
  if (isa == CK_ISA_AVX2) return &ck_table_avx2;
#endif
  (void)isa;
  return &ck_table_portable;
}

#endif
