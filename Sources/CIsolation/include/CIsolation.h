// Runs this program again in a child process with limits, and says how it ended.
#ifndef CISOLATION_H
#define CISOLATION_H

#include <stdint.h>

/// What a child process may take; 0 is no limit.
typedef struct {
  /// Address space, in bytes; mapped files count.
  uint64_t memory;
  /// Time of the processor, in seconds.
  uint64_t cpu_seconds;
} isolation_limits;

/// How a child ended.
typedef struct {
  /// Whether it could be started; `error_number` says why not.
  int is_started;
  int error_number;
  /// What it returned; meaningless after a signal.
  int exit_status;
  /// The signal that ended it, or 0.
  int signal_number;
} isolation_outcome;

/// Starts `/proc/self/exe` with arguments (NULL at the end) and waits for its end.
///
/// SIGINT, SIGTERM and SIGHUP are handed on to it. Must be called before there are threads.
isolation_outcome isolation_run(char *const arguments[], isolation_limits limits);

/// Bounds this process itself. Returns 0, or the system's error number.
int isolation_bound(isolation_limits limits);

/// Ends this process by a signal, as if there were no handler.
void isolation_end_by(int signal_number);

#endif
