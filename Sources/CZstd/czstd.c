#include "CZstd.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

// libzstd's stable interface (since 1.4.0) as far as it is used; contexts are opaque.
typedef struct {
  const void *bytes;
  size_t size, position;
} input;
typedef struct {
  void *bytes;
  size_t size, position;
} output;
enum { compression_level = 100, end_frame = 2 };

static struct {
  void *(*create)(void);
  size_t (*release)(void *);
  size_t (*set)(void *, int parameter, int value);
  size_t (*compress)(void *, output *, input *, int directive);
  unsigned (*is_error)(size_t);
} zstd;

static void open_library(void) {
  void *library = dlopen("libzstd.so.1", RTLD_NOW);
  if (!library) return;
  zstd.release = (__typeof__(zstd.release))dlsym(library, "ZSTD_freeCCtx");
  zstd.set = (__typeof__(zstd.set))dlsym(library, "ZSTD_CCtx_setParameter");
  zstd.compress = (__typeof__(zstd.compress))dlsym(library, "ZSTD_compressStream2");
  zstd.is_error = (__typeof__(zstd.is_error))dlsym(library, "ZSTD_isError");
  if (zstd.release && zstd.set && zstd.compress && zstd.is_error) {
    zstd.create = (__typeof__(zstd.create))dlsym(library, "ZSTD_createCCtx");
  }
}

int64_t czstd_size(const uint8_t *bytes, size_t count, int level) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  void *context = zstd.create ? zstd.create() : NULL;
  if (!context) return -1;
  const size_t room = 128 << 10;
  void *buffer = malloc(room);
  int64_t size = buffer && !zstd.is_error(zstd.set(context, compression_level, level)) ? 0 : -1;
  input from = {bytes, count, 0};
  for (size_t left = 1; size >= 0 && left != 0;) {
    output to = {buffer, room, 0};
    left = zstd.compress(context, &to, &from, end_frame);
    size = zstd.is_error(left) ? -1 : size + (int64_t)to.position;
  }
  free(buffer);
  zstd.release(context);
  return size;
}
