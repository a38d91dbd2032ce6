// JPEG (libjpeg-turbo) and PNG (libpng) pictures as 8-bit samples.
//
// The libraries report errors by longjmp; it never leaves these functions. Nothing is allocated
// before the caller has seen the extents and given the memory.
#ifndef CIMAGES_H
#define CIMAGES_H

#include <stddef.h>
#include <stdint.h>

/// The formats that are read.
typedef enum {
  images_unknown = 0,
  images_jpeg = 1,
  images_png = 2,
} images_format;

/// What a picture says of itself.
typedef struct {
  images_format format;
  uint32_t width;
  uint32_t height;
  /// Colour components in the file: 1 for grey, 3 for colours (palettes too).
  uint32_t channels;
} images_header;

/// The bytes of an error message, with its closing zero.
enum { images_message_size = 200 };

/// Reads the extents of a picture.
///
/// Returns 0, or -1 with a message.
int images_read_header(const uint8_t *bytes, size_t byte_count, images_header *header,
                       char message[images_message_size]);

/// Decodes a picture to rows of `channels` (1 or 3) interleaved 8-bit samples without gaps.
///
/// Colours become grey by 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); transparency is dropped.
/// `capacity` must be width * height * channels. Returns 0, or -1 with a message.
int images_decode(const uint8_t *bytes, size_t byte_count, uint32_t channels, uint8_t *pixels,
                  size_t capacity, char message[images_message_size]);

#endif
