// A small pool of threads that takes jobs from one queue.
//
// Threads take the next chunk when they are free instead of owning a fixed share, so a thread that
// loses its core delays one chunk, not the whole run.

#ifndef CK_QUEUE_H
#define CK_QUEUE_H

#include <stddef.h>

typedef struct ck_queue ck_queue;

/// Does jobs `[job_begin, job_end)`. `worker` is below the queue's thread count and unique among
/// the calls that are running for the same `context`.
typedef void (*ck_queue_work)(void *context, size_t job_begin, size_t job_end, size_t worker);

/// Starts `threads - 1` threads; the caller of `ck_queue_run` is the last one.
///
/// Fewer threads may start if the system refuses them. Returns NULL if memory is short.
ck_queue *ck_queue_create(size_t threads);

/// Ends and joins the threads. No run may be in progress.
void ck_queue_destroy(ck_queue *queue);

/// Returns the number of threads that work on a run, the caller included.
size_t ck_queue_threads(const ck_queue *queue);

/// Does jobs `[0, jobs)` in chunks and returns when all are done.
///
/// A call while another run is in progress, from a job or from another thread, does its jobs on
/// the calling thread as worker 0.
///
/// - chunk: jobs taken at once; 0 chooses about four chunks for each thread.
void ck_queue_run(ck_queue *queue, size_t jobs, size_t chunk, ck_queue_work work, void *context);

#endif
