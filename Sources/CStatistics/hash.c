#include <string.h>

#include "CStatistics.h"

// XXH64: four lanes of eight bytes each, merged and mixed at the end.
// Source: xxHash fast digest algorithm, specification 0.1.1, section "XXH64".

#define PRIME_1 0x9E3779B185EBCA87ull
#define PRIME_2 0xC2B2AE3D27D4EB4Full
#define PRIME_3 0x165667B19E3779F9ull
#define PRIME_4 0x85EBCA77C2B2AE63ull
#define PRIME_5 0x27D4EB2F165667C5ull

static uint64_t rotated(uint64_t value, int bits) {
  return (value << bits) | (value >> (64 - bits));
}

static uint64_t word64(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  value = __builtin_bswap64(value);
#endif
  return value;
}

static uint32_t word32(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  value = __builtin_bswap32(value);
#endif
  return value;
}

static uint64_t step(uint64_t lane, uint64_t word) {
  return rotated(lane + word * PRIME_2, 31) * PRIME_1;
}

static uint64_t merged(uint64_t hash, uint64_t lane) {
  return (hash ^ step(0, lane)) * PRIME_1 + PRIME_4;
}

uint64_t statistics_hash(const void *input, size_t count, uint64_t seed) {
  const uint8_t *bytes = input;
  size_t left = count;
  uint64_t hash = seed + PRIME_5;
  if (left >= 32) {
    uint64_t first = seed + PRIME_1 + PRIME_2, second = seed + PRIME_2, third = seed,
             fourth = seed - PRIME_1;
    for (; left >= 32; left -= 32, bytes += 32) {
      first = step(first, word64(bytes));
      second = step(second, word64(bytes + 8));
      third = step(third, word64(bytes + 16));
      fourth = step(fourth, word64(bytes + 24));
    }
    hash = rotated(first, 1) + rotated(second, 7) + rotated(third, 12) + rotated(fourth, 18);
    hash = merged(merged(merged(merged(hash, first), second), third), fourth);
  }
  hash += count;
  for (; left >= 8; left -= 8, bytes += 8)
    hash = rotated(hash ^ step(0, word64(bytes)), 27) * PRIME_1 + PRIME_4;
  if (left >= 4) {
    hash = rotated(hash ^ word32(bytes) * PRIME_1, 23) * PRIME_2 + PRIME_3;
    left -= 4;
    bytes += 4;
  }
  for (; left > 0; left--, bytes++) hash = rotated(hash ^ *bytes * PRIME_5, 11) * PRIME_1;
  hash = (hash ^ hash >> 33) * PRIME_2;
  hash = (hash ^ hash >> 29) * PRIME_3;
  return hash ^ hash >> 32;
}
