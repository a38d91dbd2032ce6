// SHA-256 (FIPS 180-4), by the processor's SHA instructions where it has them.
#ifndef CDIGESTS_H
#define CDIGESTS_H

#include <stddef.h>
#include <stdint.h>

/// The state of a digest that is being made.
typedef struct {
  uint32_t state[8];
  uint64_t byte_count;
  uint8_t pending[64];
} digests_sha256;

/// Starts a digest.
void digests_sha256_begin(digests_sha256 *digest);

/// Adds bytes.
void digests_sha256_update(digests_sha256 *digest, const void *bytes, size_t byte_count);

/// Ends the digest and writes its 32 bytes.
void digests_sha256_end(digests_sha256 *digest, uint8_t result[32]);

#endif
