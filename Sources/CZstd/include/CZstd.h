// How small zstd makes bytes; the library is opened when it is first asked.
#ifndef CZSTD_H
#define CZSTD_H

#include <stddef.h>
#include <stdint.h>

/// The size of one zstd frame (RFC 8878) of the bytes, which is not kept.
///
/// Returns -1 where libzstd is not installed or has no memory.
int64_t czstd_size(const uint8_t *_Nullable bytes, size_t count, int level);

#endif
