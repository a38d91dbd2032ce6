#include <string.h>

#include "Tables.h"

size_t ck_pool_jobs(const ck_conv_shape *s) { return s->batch * s->out_height; }

void ck_resize_nearest(const void *in, size_t in_width, size_t pixel_bytes, const uint32_t *lines,
                       const uint32_t *columns, size_t out_width, void *out, size_t line_begin,
                       size_t line_end) {
  for (size_t y = line_begin; y < line_end; y++) {
    const char *line = (const char *)in + lines[y] * in_width * pixel_bytes;
    char *to = (char *)out + y * out_width * pixel_bytes;
    for (size_t x = 0; x < out_width; x++, to += pixel_bytes)
      memcpy(to, line + columns[x] * pixel_bytes, pixel_bytes);
  }
}

// Side of the square blocks a matrix is transposed in: sixteen lines of each matrix stay in L1.
enum { BLOCK = 16 };

#define TRANSPOSE(TYPE)                                                                       \
  static void transpose_##TYPE(const TYPE *in, TYPE *out, size_t rows, size_t columns) {      \
    for (size_t r = 0; r < rows; r += BLOCK) {                                                \
      size_t row_end = ck_min(r + BLOCK, rows);                                               \
      for (size_t c = 0; c < columns; c += BLOCK) {                                           \
        size_t column_end = ck_min(c + BLOCK, columns);                                       \
        for (size_t y = c; y < column_end; y++)                                               \
          for (size_t x = r; x < row_end; x++) out[y * rows + x] = in[x * columns + y];       \
      }                                                                                       \
    }                                                                                         \
  }
TRANSPOSE(uint8_t)
TRANSPOSE(uint16_t)
TRANSPOSE(uint32_t)
TRANSPOSE(uint64_t)
#undef TRANSPOSE

void ck_transpose(const void *in, void *out, size_t count, size_t rows, size_t columns,
                  size_t element_bytes) {
  size_t bytes = rows * columns * element_bytes;
  for (size_t i = 0; i < count; i++) {
    const char *from = (const char *)in + i * bytes;
    char *to = (char *)out + i * bytes;
    switch (element_bytes) {
      case 1:
        transpose_uint8_t((const uint8_t *)from, (uint8_t *)to, rows, columns);
        break;
      case 2:
        transpose_uint16_t((const uint16_t *)from, (uint16_t *)to, rows, columns);
        break;
      case 4:
        transpose_uint32_t((const uint32_t *)from, (uint32_t *)to, rows, columns);
        break;
      default:
        transpose_uint64_t((const uint64_t *)from, (uint64_t *)to, rows, columns);
    }
  }
}

void ck_max_pool_f32(ck_isa isa, const ck_conv_shape *shape, const float *in, float lower,
                     float upper, float *out, size_t job_begin, size_t job_end) {
  ck_table_of(isa)->max_pool_f32(shape, in, lower, upper, out, job_begin, job_end);
}

void ck_average_pool_f32(ck_isa isa, const ck_conv_shape *shape, const float *in, float lower,
                         float upper, bool counts_padding, float *out, size_t job_begin,
                         size_t job_end) {
  ck_table_of(isa)->average_pool_f32(shape, in, lower, upper, counts_padding, out, job_begin,
                                     job_end);
}

void ck_max_pool_q(ck_isa isa, const ck_conv_shape *shape, ck_element element, const void *in,
                   int32_t lower, int32_t upper, void *out, size_t job_begin, size_t job_end) {
  const ck_table *table = ck_table_of(isa);
  if (element == CK_INT8) {
    table->max_pool_s8(shape, in, lower, upper, out, job_begin, job_end);
  } else if (element == CK_UINT8) {
    table->max_pool_u8(shape, in, lower, upper, out, job_begin, job_end);
  } else {
    table->max_pool_s16(shape, in, lower, upper, out, job_begin, job_end);
  }
}

void ck_average_pool_q(ck_isa isa, const ck_conv_shape *shape, ck_element element, const void *in,
                       int32_t lower, int32_t upper, void *out, size_t job_begin, size_t job_end) {
  const ck_table *table = ck_table_of(isa);
  if (element == CK_INT8) {
    table->average_pool_s8(shape, in, lower, upper, out, job_begin, job_end);
  } else if (element == CK_UINT8) {
    table->average_pool_u8(shape, in, lower, upper, out, job_begin, job_end);
  } else {
    table->average_pool_s16(shape, in, lower, upper, out, job_begin, job_end);
  }
}

void ck_resize_bilinear_f32(ck_isa isa, const float *in, size_t in_width, size_t channels,
                            const ck_sample *lines, const ck_sample *columns, size_t out_width,
                            float *out, size_t line_begin, size_t line_end) {
  ck_table_of(isa)->resize_bilinear(in, in_width, channels, lines, columns, out_width, out,
                                    line_begin, line_end);
}
