#include "include/ck_queue.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// A thread without work first pauses, for some 30 µs: longer than the gap between most layers. Then it
// offers its core to others, for on a busy machine the thread that it waits for may stand behind it in
// the same core's line; then it sleeps. Together some 0.3 ms where nobody else wants the core.
enum { SPIN_PAUSES = 2000, SPIN_YIELDS = 800 };
enum { CHUNKS_PER_THREAD = 16 };

// `state` holds the number of the run (upper half) and its chunks that nobody took (lower half).
// Whoever lowers the count owns a chunk; the run cannot end before that chunk is done, so the
// other fields of the run stay valid for as long as its owner reads them.
struct ck_queue {
  _Alignas(64) _Atomic uint64_t state;
  _Alignas(64) _Atomic uint32_t done;
  _Alignas(64) uint32_t chunks;
  size_t jobs, chunk;
  ck_queue_work work;
  void *context;
  atomic_bool caller_sleeps, stops, busy;
  atomic_int sleepers;
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
  size_t threads;
  pthread_t handles[];
};

typedef struct {
  ck_queue *queue;
  size_t index;
} worker_start;

static inline void spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// One round of waiting without sleep, `turn` counting from 0.
static inline void wait_a_little(int turn) {
  if (turn < SPIN_PAUSES) {
    spin_pause();
  } else {
    sched_yield();
  }
}

static bool has_work(ck_queue *queue) { return (uint32_t)atomic_load(&queue->state) != 0; }

/// Takes and does chunks until none is left.
static void do_chunks(ck_queue *queue, size_t worker) {
  for (;;) {
    uint64_t state = atomic_load(&queue->state);
    do {
      if ((uint32_t)state == 0) return;
    } while (!atomic_compare_exchange_weak(&queue->state, &state, state - 1));
    uint32_t chunks = queue->chunks;
    size_t begin = (size_t)(chunks - (uint32_t)state) * queue->chunk;
    size_t end = queue->jobs - begin < queue->chunk ? queue->jobs : begin + queue->chunk;
    queue->work(queue->context, begin, end, worker);
    if (atomic_fetch_add(&queue->done, 1) + 1 < chunks) continue;
    if (!atomic_load(&queue->caller_sleeps)) continue;
    pthread_mutex_lock(&queue->mutex);
    pthread_cond_signal(&queue->finished);
    pthread_mutex_unlock(&queue->mutex);
  }
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  ck_queue *queue = start.queue;
  free(argument);
  while (!atomic_load(&queue->stops)) {
    do_chunks(queue, start.index);
    for (int i = 0; i < SPIN_PAUSES + SPIN_YIELDS && !has_work(queue); i++) {
      if (atomic_load_explicit(&queue->stops, memory_order_relaxed)) break;
      wait_a_little(i);
    }
    if (has_work(queue)) continue;
    pthread_mutex_lock(&queue->mutex);
    atomic_fetch_add(&queue->sleepers, 1);
    while (!has_work(queue) && !atomic_load(&queue->stops))
      pthread_cond_wait(&queue->wake, &queue->mutex);
    atomic_fetch_sub(&queue->sleepers, 1);
    pthread_mutex_unlock(&queue->mutex);
  }
  return NULL;
}

ck_queue *ck_queue_create(size_t threads) {
  if (threads == 0) threads = 1;
  if (threads > 1024) threads = 1024;
  size_t bytes = sizeof(ck_queue) + threads * sizeof(pthread_t);
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes) != 0) return NULL;
  ck_queue *queue = memory;
  atomic_init(&queue->state, 0);
  atomic_init(&queue->done, 0);
  atomic_init(&queue->caller_sleeps, false);
  atomic_init(&queue->stops, false);
  atomic_init(&queue->busy, false);
  atomic_init(&queue->sleepers, 0);
  pthread_mutex_init(&queue->mutex, NULL);
  pthread_cond_init(&queue->wake, NULL);
  pthread_cond_init(&queue->finished, NULL);
  queue->threads = 1;
  while (queue->threads < threads) {
    worker_start *start = malloc(sizeof *start);
    if (start == NULL) break;
    *start = (worker_start){queue, queue->threads};
    if (pthread_create(&queue->handles[queue->threads - 1], NULL, worker_main, start) != 0) {
      free(start);
      break;
    }
    queue->threads++;
  }
  return queue;
}

void ck_queue_destroy(ck_queue *queue) {
  if (queue == NULL) return;
  atomic_store(&queue->stops, true);
  pthread_mutex_lock(&queue->mutex);
  pthread_cond_broadcast(&queue->wake);
  pthread_mutex_unlock(&queue->mutex);
  for (size_t i = 0; i + 1 < queue->threads; i++) pthread_join(queue->handles[i], NULL);
  pthread_cond_destroy(&queue->finished);
  pthread_cond_destroy(&queue->wake);
  pthread_mutex_destroy(&queue->mutex);
  free(queue);
}

size_t ck_queue_threads(const ck_queue *queue) { return queue->threads; }

static void wait_until_done(ck_queue *queue) {
  for (int i = 0; i < SPIN_PAUSES + SPIN_YIELDS; i++) {
    if (atomic_load(&queue->done) == queue->chunks) return;
    wait_a_little(i);
  }
  pthread_mutex_lock(&queue->mutex);
  atomic_store(&queue->caller_sleeps, true);
  while (atomic_load(&queue->done) != queue->chunks)
    pthread_cond_wait(&queue->finished, &queue->mutex);
  atomic_store(&queue->caller_sleeps, false);
  pthread_mutex_unlock(&queue->mutex);
}

void ck_queue_run(ck_queue *queue, size_t jobs, size_t chunk, ck_queue_work work, void *context) {
  if (jobs == 0) return;
  if (chunk == 0) chunk = 1 + (jobs - 1) / (queue->threads * CHUNKS_PER_THREAD);
  // The number of chunks is kept in 32 bits.
  while ((jobs - 1) / chunk >= UINT32_MAX) chunk *= 2;
  uint32_t chunks = (uint32_t)((jobs - 1) / chunk + 1);
  if (queue->threads == 1 || chunks == 1 || atomic_exchange(&queue->busy, true)) {
    work(context, 0, jobs, 0);
    return;
  }
  queue->jobs = jobs;
  queue->chunk = chunk;
  queue->chunks = chunks;
  queue->work = work;
  queue->context = context;
  atomic_store(&queue->done, 0);
  uint64_t number = (atomic_load(&queue->state) >> 32) + 1;
  atomic_store(&queue->state, number << 32 | chunks);
  if (atomic_load(&queue->sleepers) > 0) {
    pthread_mutex_lock(&queue->mutex);
    pthread_cond_broadcast(&queue->wake);
    pthread_mutex_unlock(&queue->mutex);
  }
  do_chunks(queue, 0);
  wait_until_done(queue);
  atomic_store(&queue->busy, false);
}
