#include "CImages.h"

#include <dlfcn.h>
#include <pthread.h>
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

// --- The libraries are opened when the first picture is read: few runs need them, and every start
// would pay for linking them.

#define JPEG_FUNCTIONS(use)                                                                        \
  use(jpeg_std_error) use(jpeg_CreateDecompress) use(jpeg_mem_src) use(jpeg_read_header)           \
  use(jpeg_start_decompress) use(jpeg_read_scanlines) use(jpeg_finish_decompress)                  \
  use(jpeg_destroy_decompress)

#define PNG_FUNCTIONS(use)                                                                         \
  use(png_create_read_struct) use(png_create_info_struct) use(png_destroy_read_struct)             \
  use(png_set_longjmp_fn) use(png_longjmp) use(png_error) use(png_get_io_ptr)                      \
  use(png_get_error_ptr) use(png_set_read_fn) use(png_set_chunk_malloc_max)                        \
  use(png_set_user_limits) use(png_read_info) use(png_get_image_width) use(png_get_image_height)   \
  use(png_get_color_type) use(png_get_bit_depth) use(png_set_strip_16)                             \
  use(png_set_palette_to_rgb) use(png_set_expand_gray_1_2_4_to_8) use(png_set_strip_alpha)         \
  use(png_set_gray_to_rgb) use(png_set_rgb_to_gray) use(png_set_interlace_handling)                \
  use(png_read_update_info) use(png_get_rowbytes) use(png_read_row) use(png_read_end)

#define FIELD(name) __typeof__(name) *name;
static struct {
  JPEG_FUNCTIONS(FIELD)
  PNG_FUNCTIONS(FIELD)
  const char *jpeg_fault, *png_fault;
} library;
#undef FIELD

#define TAKE(name)                                                                                 \
  if (!(library.name = (__typeof__(library.name))dlsym(handle, #name))) return "it lacks " #name;

// The names end in the versions of the interface that the headers describe.
static const char *open_jpeg(void) {
  void *handle = dlopen("libjpeg.so.62", RTLD_NOW);
  if (!handle) return "libjpeg is not installed (Debian: libjpeg62-turbo)";
  JPEG_FUNCTIONS(TAKE)
  return NULL;
}

static const char *open_png(void) {
  void *handle = dlopen("libpng16.so.16", RTLD_NOW);
  if (!handle) return "libpng is not installed (Debian: libpng16-16)";
  PNG_FUNCTIONS(TAKE)
  return NULL;
}
#undef TAKE

static void open_libraries(void) {
  library.jpeg_fault = open_jpeg();
  library.png_fault = open_png();
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
  info.err = library.jpeg_std_error(&failure.base);
  failure.base.error_exit = jpeg_fail;
  failure.base.emit_message = jpeg_warn;
  failure.message = message;
  if (setjmp(failure.back)) {
    library.jpeg_destroy_decompress(&info);
    return -1;
  }
  library.jpeg_CreateDecompress(&info, JPEG_LIB_VERSION, sizeof info);
  progress.progress_monitor = jpeg_watch;
  info.progress = &progress;
  library.jpeg_mem_src(&info, bytes, (unsigned long)byte_count);
  library.jpeg_read_header(&info, TRUE);
  if (header != NULL) {
    header->format = images_jpeg;
    header->width = info.image_width;
    header->height = info.image_height;
    header->channels = info.num_components == 1 ? 1 : 3;
    library.jpeg_destroy_decompress(&info);
    return 0;
  }
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK) {
    note(message, "CMYK colours are not read; convert the picture to RGB");
    library.jpeg_destroy_decompress(&info);
    return -1;
  }
  info.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  library.jpeg_start_decompress(&info);
  size_t row = (size_t)info.output_width * channels;
  if ((uint32_t)info.output_components != channels || row * info.output_height != capacity) {
    note(message, "the picture has other extents than its header");
    library.jpeg_destroy_decompress(&info);
    return -1;
  }
  while (info.output_scanline < info.output_height) {
    JSAMPROW target = pixels + row * info.output_scanline;
    library.jpeg_read_scanlines(&info, &target, 1);
  }
  library.jpeg_finish_decompress(&info);
  library.jpeg_destroy_decompress(&info);
  return 0;
}

// --- PNG

typedef struct {
  const uint8_t *bytes;
  size_t left;
} png_source;

static void png_fetch(png_structp png, png_bytep target, png_size_t count) {
  png_source *source = (png_source *)library.png_get_io_ptr(png);
  if (source->left < count) library.png_error(png, "the picture ends too early");
  memcpy(target, source->bytes, count);
  source->bytes += count;
  source->left -= count;
}

static void png_fail(png_structp png, png_const_charp text) {
  note((char *)library.png_get_error_ptr(png), text);
  library.png_longjmp(png, 1);
}

static void png_ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static int decode_png(const uint8_t *bytes, size_t byte_count, uint32_t channels,
                      images_header *header, uint8_t *pixels, size_t capacity, char *message) {
  png_source source = {bytes, byte_count};
  png_structp png = library.png_create_read_struct(PNG_LIBPNG_VER_STRING, message, png_fail, png_ignore);
  if (png == NULL) {
    note(message, "no memory for a PNG reader");
    return -1;
  }
  png_infop info = library.png_create_info_struct(png);
  if (info == NULL) {
    library.png_destroy_read_struct(&png, NULL, NULL);
    note(message, "no memory for a PNG reader");
    return -1;
  }
  if (setjmp(*library.png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)))) {
    library.png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  library.png_set_read_fn(png, &source, png_fetch);
  library.png_set_chunk_malloc_max(png, chunk_limit);
  library.png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  library.png_read_info(png, info);
  png_uint_32 width = library.png_get_image_width(png, info);
  png_uint_32 height = library.png_get_image_height(png, info);
  int color = library.png_get_color_type(png, info);
  if (header != NULL) {
    header->format = images_png;
    header->width = width;
    header->height = height;
    header->channels = (color & PNG_COLOR_MASK_COLOR) ? 3 : 1;
    library.png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  if (library.png_get_bit_depth(png, info) == 16) library.png_set_strip_16(png);
  if (color == PNG_COLOR_TYPE_PALETTE) library.png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && library.png_get_bit_depth(png, info) < 8) {
    library.png_set_expand_gray_1_2_4_to_8(png);
  }
  library.png_set_strip_alpha(png);
  if (channels == 3) {
    if (!(color & PNG_COLOR_MASK_COLOR)) library.png_set_gray_to_rgb(png);
  } else if (color & PNG_COLOR_MASK_COLOR) {
    library.png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  }
  int passes = library.png_set_interlace_handling(png);
  library.png_read_update_info(png, info);
  size_t row = (size_t)width * channels;
  if (library.png_get_rowbytes(png, info) != row || row * height != capacity) {
    note(message, "the picture has other extents than its header");
    library.png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  for (int pass = 0; pass < passes; pass++) {
    for (png_uint_32 line = 0; line < height; line++) {
      library.png_read_row(png, pixels + row * line, NULL);
    }
  }
  library.png_read_end(png, NULL);
  library.png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

// --- Either

// The format of the bytes, if the library for it is there; otherwise a message.
static images_format usable_format(const uint8_t *bytes, size_t byte_count, char *message) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  images_format format = images_unknown;
  if (byte_count >= 8 && memcmp(bytes, png, 8) == 0) format = images_png;
  if (byte_count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
    format = images_jpeg;
  }
  if (format == images_unknown) {
    note(message, "the bytes are neither JPEG nor PNG");
    return format;
  }
  pthread_once(&once, open_libraries);
  const char *fault = format == images_png ? library.png_fault : library.jpeg_fault;
  if (!fault) return format;
  note(message, fault);
  return images_unknown;
}

int images_read_header(const uint8_t *bytes, size_t byte_count, images_header *header,
                       char message[images_message_size]) {
  switch (usable_format(bytes, byte_count, message)) {
  case images_jpeg: return decode_jpeg(bytes, byte_count, 3, header, NULL, 0, message);
  case images_png: return decode_png(bytes, byte_count, 3, header, NULL, 0, message);
  default: return -1;
  }
}

int images_decode(const uint8_t *bytes, size_t byte_count, uint32_t channels, uint8_t *pixels,
                  size_t capacity, char message[images_message_size]) {
  switch (usable_format(bytes, byte_count, message)) {
  case images_jpeg:
    return decode_jpeg(bytes, byte_count, channels, NULL, pixels, capacity, message);
  case images_png:
    return decode_png(bytes, byte_count, channels, NULL, pixels, capacity, message);
  default: return -1;
  }
}
