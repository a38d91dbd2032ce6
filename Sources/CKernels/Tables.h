// One table of kernels for each instruction set; the public functions call through it.

#ifndef CK_TABLES_H
#define CK_TABLES_H

#include "Plan.h"
#include "include/CKernels.h"

typedef struct {
  /// Rows of a GEMM tile, and how many 8-bit weights of a column are multiplied at once.
  size_t tile_rows, q8_group;
  /// Columns of a panel of weights, for each type of activations.
  size_t panel_columns[4];
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
  void (*unary)(ck_unary, const float *, float *, size_t);
  void (*binary)(ck_binary, ck_operand, ck_operand, float, float, float *, size_t, size_t);
  void (*scale_shift)(const float *, const float *, const float *, float, float, float *, size_t,
                      size_t);
  void (*f16_to_f32)(const uint16_t *, float *, size_t);
  void (*f32_to_f16)(const float *, uint16_t *, size_t);
  void (*bf16_to_f32)(const uint16_t *, float *, size_t);
  void (*f32_to_bf16)(const float *, uint16_t *, size_t);
  void (*quantize)(const float *, ck_affine, ck_output, void *, size_t);
  void (*dequantize)(const void *, ck_output, ck_affine, float *, size_t);
  void (*fake_quantize)(const float *, ck_affine, float *, size_t);
  void (*quantize_rows)(const float *, int8_t *, float *, int32_t *, size_t, size_t);
  void (*reduce)(ck_reduction, const float *, float *, size_t, size_t, size_t);
  void (*softmax)(const float *, float *, size_t, size_t, float);
  void (*log_softmax)(const float *, float *, size_t, size_t);
  void (*layer_norm)(const float *, const float *, const float *, float, float *, size_t, size_t);
  void (*group_norm)(const float *, const float *, const float *, float, float *, size_t, size_t,
                     size_t, float *);
  void (*max_pool_f32)(const ck_conv_shape *, const float *, float, float, float *, size_t,
                       size_t);
  void (*average_pool_f32)(const ck_conv_shape *, const float *, float, float, bool, float *,
                           size_t, size_t);
#define CK_POOL(ELEMENT) \
  (const ck_conv_shape *, const ELEMENT *, int32_t, int32_t, ELEMENT *, size_t, size_t)
  void(*max_pool_s8) CK_POOL(int8_t);
  void(*max_pool_u8) CK_POOL(uint8_t);
  void(*max_pool_s16) CK_POOL(int16_t);
  void(*average_pool_s8) CK_POOL(int8_t);
  void(*average_pool_u8) CK_POOL(uint8_t);
  void(*average_pool_s16) CK_POOL(int16_t);
#undef CK_POOL
  void (*resize_bilinear)(const float *, size_t, size_t, const ck_sample *, const ck_sample *,
                          size_t, float *, size_t, size_t);
  void (*sum_q8)(const ck_quantized_pair *, ck_byte_operand, ck_byte_operand, uint8_t *, size_t,
                 size_t);
  void (*product_q8)(const ck_quantized_pair *, ck_byte_operand, ck_byte_operand, uint8_t *, size_t,
                     size_t);
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
