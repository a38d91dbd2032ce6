#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>
#include <png.h>

// A file of more scans than any encoder writes costs a full pass over the picture for each.
static const int scan_limit = 256;
// Text and profiles of a PNG are never needed.
static const size_t chunk_limit = 8u << 20;

static void note(char *message, const char *text) {
  snprintf(message, images_message_size, "%s", text);
}

// --- JPEG

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf back;
  char *message;
} jpeg_failure;

static void jpeg_fail(j_common_ptr info) {
  jpeg_failure *failure = (jpeg_failure *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  note(failure->message, text);
  longjmp(failure->back, 1);
}

static void jpeg_warn(j_common_ptr info, int level) {
  // Warnings have level -1. Of these, missing data would be made up as grey.
  int code = info->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) jpeg_fail(info);
}

static void jpeg_watch(j_common_ptr info) {
  if (!info->is_decompressor) return;
  if (((j_decompress_ptr)info)->input_scan_number > scan_limit) {
    jpeg_failure *failure = (jpeg_failure *)info->err;
    note(failure->message, "more scans than any encoder writes");
    longjmp(failure->back, 1);
  }
}

static int decode_jpeg(const uint8_t *bytes, size_t byte_count, uint32_t channels,
                       images_header *header, uint8_t *pixels, size_t capacity, char *message) {
  struct jpeg_decompress_struct info;
  struct jpeg_progress_mgr progress;
  jpeg_failure failure;
  memset(&info, 0, sizeof info);
  memset(&progress, 0, sizeof progress);
  info.err = jpeg_std_error(&failure.base);
  failure.base.error_exit = jpeg_fail;
  failure.base.emit_message = jpeg_warn;
  failure.message = message;
  if (setjmp(failure.back)) {
    jpeg_destroy_decompress(&info);
    return -1;
  }
  jpeg_create_decompress(&info);
  progress.progress_monitor = jpeg_watch;
  info.progress = &progress;
  jpeg_mem_src(&info, bytes, (unsigned long)byte_count);
  jpeg_read_header(&info, TRUE);
  if (header != NULL) {
    header->format = images_jpeg;
    header->width = info.image_width;
    header->height = info.image_height;
    header->channels = info.num_components == 1 ? 1 : 3;
    jpeg_destroy_decompress(&info);
    return 0;
  }
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK) {
    note(message, "CMYK colours are not read; convert the picture to RGB");
    jpeg_destroy_decompress(&info);
    return -1;
  }
  info.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&info);
  size_t row = (size_t)info.output_width * channels;
  if ((uint32_t)info.output_components != channels || row * info.output_height != capacity) {
    note(message, "the picture has other extents than its header");
    jpeg_destroy_decompress(&info);
    return -1;
  }
  while (info.output_scanline < info.output_height) {
    JSAMPROW target = pixels + row * info.output_scanline;
    jpeg_read_scanlines(&info, &target, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return 0;
}

// --- PNG

typedef struct {
  const uint8_t *bytes;
  size_t left;
} png_source;

static void png_fetch(png_structp png, png_bytep target, png_size_t count) {
  png_source *source = (png_source *)png_get_io_ptr(png);
  if (source->left < count) png_error(png, "the picture ends too early");
  memcpy(target, source->bytes, count);
  source->bytes += count;
  source->left -= count;
}

static void png_fail(png_structp png, png_const_charp text) {
  note((char *)png_get_error_ptr(png), text);
  png_longjmp(png, 1);
}

static void png_ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static int decode_png(const uint8_t *bytes, size_t byte_count, uint32_t channels,
                      images_header *header, uint8_t *pixels, size_t capacity, char *message) {
  png_source source = {bytes, byte_count};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, png_fail, png_ignore);
  if (png == NULL) {
    note(message, "no memory for a PNG reader");
    return -1;
  }
  png_infop info = png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_read_struct(&png, NULL, NULL);
    note(message, "no memory for a PNG reader");
    return -1;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_set_read_fn(png, &source, png_fetch);
  png_set_chunk_malloc_max(png, chunk_limit);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_read_info(png, info);
  png_uint_32 width = png_get_image_width(png, info);
  png_uint_32 height = png_get_image_height(png, info);
  int color = png_get_color_type(png, info);
  if (header != NULL) {
    header->format = images_png;
    header->width = width;
    header->height = height;
    header->channels = (color & PNG_COLOR_MASK_COLOR) ? 3 : 1;
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  if (png_get_bit_depth(png, info) == 16) png_set_strip_16(png);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  }
  png_set_strip_alpha(png);
  if (channels == 3) {
    if (!(color & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  } else if (color & PNG_COLOR_MASK_COLOR) {
    png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  }
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row = (size_t)width * channels;
  if (png_get_rowbytes(png, info) != row || row * height != capacity) {
    note(message, "the picture has other extents than its header");
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  for (int pass = 0; pass < passes; pass++) {
    for (png_uint_32 line = 0; line < height; line++) {
      png_read_row(png, pixels + row * line, NULL);
    }
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

// --- Either

static images_format format_of(const uint8_t *bytes, size_t byte_count) {
  static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (byte_count >= 8 && memcmp(bytes, png, 8) == 0) return images_png;
  if (byte_count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
    return images_jpeg;
  }
  return images_unknown;
}

int images_read_header(const uint8_t *bytes, size_t byte_count, images_header *header,
                       char message[images_message_size]) {
  switch (format_of(bytes, byte_count)) {
  case images_jpeg: return decode_jpeg(bytes, byte_count, 3, header, NULL, 0, message);
  case images_png: return decode_png(bytes, byte_count, 3, header, NULL, 0, message);
  default: note(message, "the bytes are neither JPEG nor PNG"); return -1;
  }
}

int images_decode(const uint8_t *bytes, size_t byte_count, uint32_t channels, uint8_t *pixels,
                  size_t capacity, char message[images_message_size]) {
  switch (format_of(bytes, byte_count)) {
  case images_jpeg:
    return decode_jpeg(bytes, byte_count, channels, NULL, pixels, capacity, message);
  case images_png:
    return decode_png(bytes, byte_count, channels, NULL, pixels, capacity, message);
  default: note(message, "the bytes are neither JPEG nor PNG"); return -1;
  }
}
