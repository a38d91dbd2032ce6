// Ranges and zero counts of stored weights, several arrays at a time on several threads.
#ifndef CSTATISTICS_H
#define CSTATISTICS_H

#include <stddef.h>
#include <stdint.h>

/// How the elements of an array are stored, little endian and without gaps.
typedef enum {
  STATISTICS_FLOAT32,
  STATISTICS_FLOAT64,
  STATISTICS_FLOAT16,
  STATISTICS_BFLOAT16,
  STATISTICS_INT8,
  STATISTICS_UINT8,
  STATISTICS_INT16,
  STATISTICS_INT32,
  STATISTICS_INT64,
  /// Two in a byte, the first one in the low half; signed.
  STATISTICS_INT4,
  /// The same, unsigned.
  STATISTICS_UINT4
} statistics_type;

/// An array to look at, and what was found.
typedef struct {
  const void *elements;
  /// The file that holds the elements, too, and where; −1 for none. Reading a large file costs less
  /// than touching its mapped pages.
  int descriptor;
  int64_t offset;
  size_t count;
  statistics_type type;
  /// The stored integer that stands for zero; ignored for floats.
  int64_t zero_point;
  /// Whether the bytes are hashed, too.
  int hashes;

  /// Of the finite elements; minimum > maximum where there are none.
  double minimum;
  double maximum;
  size_t zeros;
  /// NaN and infinite elements.
  size_t non_finite;
  /// The bytes' hash (chained over blocks of 128 KiB), where `hashes` asks for it.
  uint64_t hash;
} statistics_job;

/// The 64-bit hash XXH64 of `count` bytes (xxHash specification 0.1.1).
uint64_t statistics_hash(const void *bytes, size_t count, uint64_t seed);

/// Fills in the results of `job_count` jobs on up to `thread_count` threads.
///
/// Each job is done by one thread, so the results do not depend on their number.
void statistics_run(statistics_job *jobs, size_t job_count, int thread_count);

#endif
