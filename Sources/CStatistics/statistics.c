#include "CStatistics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// One version of each loop for each generation of vector registers, chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define EVERY_VECTOR_WIDTH __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define EVERY_VECTOR_WIDTH
#endif

// Floats are compared through integers in the same order: flipping the other bits of negative
// patterns makes two's-complement order equal to numeric order, and integer minima vectorise.
// Weights may begin at any byte of a file.
#define FLOAT_LOOP(NAME, BITS, SIGNED, EXPONENT_MASK)                                          \
  typedef BITS NAME##_element __attribute__((aligned(1)));                                     \
  typedef struct {                                                                             \
    SIGNED minimum, maximum;                                                                   \
    size_t zeros, non_finite;                                                                  \
  } NAME##_result;                                                                             \
  EVERY_VECTOR_WIDTH static NAME##_result NAME(const NAME##_element *elements,                 \
                                               size_t count) {                                 \
    const SIGNED magnitude = (SIGNED)((BITS)~(BITS)0 >> 1);                                    \
    SIGNED minimum = magnitude, maximum = (SIGNED)(-magnitude - 1);                            \
    size_t zeros = 0, non_finite = 0;                                                          \
    /* Blocks keep the counters as narrow as the elements, which keeps the vectors full. */    \
    for (size_t start = 0; start < count; start += 16384) {                                    \
      const size_t end = count - start < 16384 ? count : start + 16384;                        \
      BITS block_zeros = 0, block_non_finite = 0;                                              \
      for (size_t i = start; i < end; i++) {                                                   \
        const SIGNED bits = (SIGNED)elements[i];                                               \
        const SIGNED key = (SIGNED)(bits ^ ((bits >> (sizeof(BITS) * 8 - 1)) & magnitude));    \
        const int finite = (bits & (SIGNED)(EXPONENT_MASK)) != (SIGNED)(EXPONENT_MASK);        \
        const SIGNED low = finite ? key : magnitude;                                           \
        const SIGNED high = finite ? key : (SIGNED)(-magnitude - 1);                           \
        minimum = low < minimum ? low : minimum;                                               \
        maximum = high > maximum ? high : maximum;                                             \
        block_zeros += (bits & magnitude) == 0;                                                \
        block_non_finite += !finite;                                                           \
      }                                                                                        \
      zeros += block_zeros;                                                                    \
      non_finite += block_non_finite;                                                          \
    }                                                                                          \
    return (NAME##_result){minimum, maximum, zeros, non_finite};                               \
  }

FLOAT_LOOP(float32_loop, uint32_t, int32_t, 0x7f800000)
FLOAT_LOOP(float64_loop, uint64_t, int64_t, 0x7ff0000000000000)
FLOAT_LOOP(float16_loop, uint16_t, int16_t, 0x7c00)
FLOAT_LOOP(bfloat16_loop, uint16_t, int16_t, 0x7f80)

#define INTEGER_LOOP(NAME, TYPE)                                                               \
  typedef TYPE NAME##_element __attribute__((aligned(1)));                                     \
  typedef struct {                                                                             \
    TYPE minimum, maximum;                                                                     \
    size_t zeros;                                                                              \
  } NAME##_result;                                                                             \
  EVERY_VECTOR_WIDTH static NAME##_result NAME(const NAME##_element *elements,                 \
                                               size_t count, TYPE zero_point) {                \
    TYPE minimum = elements[0], maximum = elements[0];                                         \
    size_t zeros = 0;                                                                          \
    for (size_t start = 0; start < count; start += 128) {                                      \
      const size_t end = count - start < 128 ? count : start + 128;                            \
      uint8_t block_zeros = 0;                                                                 \
      for (size_t i = start; i < end; i++) {                                                   \
        const TYPE value = elements[i];                                                        \
        minimum = value < minimum ? value : minimum;                                           \
        maximum = value > maximum ? value : maximum;                                           \
        block_zeros += value == zero_point;                                                    \
      }                                                                                        \
      zeros += block_zeros;                                                                    \
    }                                                                                          \
    return (NAME##_result){minimum, maximum, zeros};                                           \
  }

INTEGER_LOOP(int8_loop, int8_t)
INTEGER_LOOP(uint8_loop, uint8_t)
INTEGER_LOOP(int16_loop, int16_t)
INTEGER_LOOP(int32_loop, int32_t)
INTEGER_LOOP(int64_loop, int64_t)

static void nibble_loop(statistics_job *job, int is_signed) {
  const uint8_t *bytes = job->elements;
  for (size_t i = 0; i < job->count; i++) {
    int value = bytes[i / 2] >> (i % 2 * 4) & 15;
    if (is_signed && value > 7) value -= 16;
    if (value < job->minimum) job->minimum = value;
    if (value > job->maximum) job->maximum = value;
    job->zeros += value == job->zero_point;
  }
}

// Undoes the mapping of FLOAT_LOOP.
static double float32_of_key(int32_t key) {
  const int32_t bits = key ^ ((key >> 31) & INT32_MAX);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double float64_of_key(int64_t key) {
  const int64_t bits = key ^ ((key >> 63) & INT64_MAX);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double float16_of_key(int16_t key) {
  const int bits = key ^ ((key >> 15) & INT16_MAX);
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double magnitude =
      exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

static double bfloat16_of_key(int16_t key) {
  const int32_t bits = (key ^ ((key >> 15) & INT16_MAX)) & 0xffff;
  return float32_of_key(
      (int32_t)((uint32_t)bits << 16) ^
      (((int32_t)((uint32_t)bits << 16) >> 31) & INT32_MAX));
}

#define FINISH_FLOAT(LOOP, OF_KEY)                                   \
  {                                                                        \
    const LOOP##_result found = LOOP(job->elements, job->count); \
    job->zeros = found.zeros;                                              \
    job->non_finite = found.non_finite;                                    \
    if (found.non_finite < job->count) {                                   \
      job->minimum = OF_KEY(found.minimum);                                \
      job->maximum = OF_KEY(found.maximum);                                \
    }                                                                      \
    break;                                                                 \
  }

#define FINISH_INTEGER(LOOP, TYPE)                                                        \
  {                                                                                       \
    /* A zero point outside the type stands for no stored value. */                       \
    const TYPE zero_point = (TYPE)job->zero_point;                                        \
    const LOOP##_result found = LOOP(job->elements, job->count, zero_point); \
    job->minimum = (double)found.minimum;                                                 \
    job->maximum = (double)found.maximum;                                                 \
    job->zeros = zero_point == job->zero_point ? found.zeros : 0;                         \
    break;                                                                                \
  }

static void look(statistics_job *job) {
  job->minimum = INFINITY;
  job->maximum = -INFINITY;
  job->zeros = 0;
  job->non_finite = 0;
  if (job->count == 0) return;
  switch (job->type) {
    case STATISTICS_FLOAT32: FINISH_FLOAT(float32_loop, float32_of_key)
    case STATISTICS_FLOAT64: FINISH_FLOAT(float64_loop, float64_of_key)
    case STATISTICS_FLOAT16: FINISH_FLOAT(float16_loop, float16_of_key)
    case STATISTICS_BFLOAT16: FINISH_FLOAT(bfloat16_loop, bfloat16_of_key)
    case STATISTICS_INT8: FINISH_INTEGER(int8_loop, int8_t)
    case STATISTICS_UINT8: FINISH_INTEGER(uint8_loop, uint8_t)
    case STATISTICS_INT16: FINISH_INTEGER(int16_loop, int16_t)
    case STATISTICS_INT32: FINISH_INTEGER(int32_loop, int32_t)
    case STATISTICS_INT64: FINISH_INTEGER(int64_loop, int64_t)
    case STATISTICS_INT4: nibble_loop(job, 1); break;
    case STATISTICS_UINT4: nibble_loop(job, 0); break;
  }
}

// Small enough to stay in the processor's second-level cache between copying and looking.
enum { BUFFER_BYTES = 128 << 10 };

static size_t bits_per_element(statistics_type type) {
  switch (type) {
    case STATISTICS_FLOAT64:
    case STATISTICS_INT64: return 64;
    case STATISTICS_FLOAT32:
    case STATISTICS_INT32: return 32;
    case STATISTICS_FLOAT16:
    case STATISTICS_BFLOAT16:
    case STATISTICS_INT16: return 16;
    case STATISTICS_INT8:
    case STATISTICS_UINT8: return 8;
    case STATISTICS_INT4:
    case STATISTICS_UINT4: return 4;
  }
  return 64;
}

// The blocks are the same whether the elements are mapped or read, and so is the hash.
static uint64_t hash_blocks(const uint8_t *bytes, size_t count) {
  uint64_t hash = 0;
  for (size_t start = 0; start < count; start += BUFFER_BYTES)
    hash = statistics_hash(bytes + start, count - start < BUFFER_BYTES ? count - start : BUFFER_BYTES,
                           hash);
  return hash;
}

// Looks at the elements a buffer at a time. A part that cannot be read is looked at where it is
// mapped, where a file that was truncated meets the handler for that.
static void run(statistics_job *job, uint8_t *buffer) {
  const size_t bits = bits_per_element(job->type), step = BUFFER_BYTES * 8 / bits;
  job->hash = 0;
  if (job->descriptor < 0) {
    look(job);
    if (job->hashes) job->hash = hash_blocks(job->elements, (job->count * bits + 7) / 8);
    return;
  }
  job->minimum = INFINITY;
  job->maximum = -INFINITY;
  job->zeros = 0;
  job->non_finite = 0;
  for (size_t start = 0; start < job->count; start += step) {
    statistics_job part = *job;
    const size_t skipped = start * bits / 8;
    part.count = job->count - start < step ? job->count - start : step;
    const size_t wanted = (part.count * bits + 7) / 8;
    const ssize_t got = pread(job->descriptor, buffer, wanted, job->offset + (off_t)skipped);
    part.elements = got == (ssize_t)wanted ? buffer : (const uint8_t *)job->elements + skipped;
    look(&part);
    if (job->hashes) job->hash = statistics_hash(part.elements, wanted, job->hash);
    if (part.minimum < job->minimum) job->minimum = part.minimum;
    if (part.maximum > job->maximum) job->maximum = part.maximum;
    job->zeros += part.zeros;
    job->non_finite += part.non_finite;
  }
}

typedef struct {
  statistics_job *jobs;
  size_t job_count;
  atomic_size_t next;
} Queue;

static void *work(void *argument) {
  Queue *queue = argument;
  _Alignas(64) uint8_t buffer[BUFFER_BYTES];
  for (;;) {
    const size_t index = atomic_fetch_add(&queue->next, 1);
    if (index >= queue->job_count) return NULL;
    run(&queue->jobs[index], buffer);
  }
}

void statistics_run(statistics_job *jobs, size_t job_count, int thread_count) {
  enum { MOST_THREADS = 64 };
  Queue queue = {.jobs = jobs, .job_count = job_count};
  atomic_init(&queue.next, 0);
  pthread_t threads[MOST_THREADS];
  int started = 0;
  while (started < thread_count - 1 && started < MOST_THREADS &&
         (size_t)started + 1 < job_count &&
         pthread_create(&threads[started], NULL, work, &queue) == 0)
    started++;
  work(&queue);
  for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
}
