#define _GNU_SOURCE
#include "CIsolation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child_process = 0;

static void hand_on(int signal_number) {
  if (child_process > 0) kill((pid_t)child_process, signal_number);
}

static int bound(int resource, uint64_t most) {
  if (most == 0) return 0;
  struct rlimit old;
  if (getrlimit(resource, &old) != 0) return errno;
  rlim_t wanted = most < old.rlim_max ? (rlim_t)most : old.rlim_max;
  struct rlimit limit = {wanted, old.rlim_max};
  return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

int isolation_bound(isolation_limits limits) {
  int error = bound(RLIMIT_AS, limits.memory);
  return error ? error : bound(RLIMIT_CPU, limits.cpu_seconds);
}

isolation_outcome isolation_run(char *const arguments[], isolation_limits limits) {
  isolation_outcome outcome = {0, 0, 0, 0};
  // The child tells through this pipe that it could not begin.
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    outcome.error_number = errno;
    return outcome;
  }
  sigset_t interrupts, old;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  sigaddset(&interrupts, SIGTERM);
  sigaddset(&interrupts, SIGHUP);
  // An interrupt between fork and the handlers would be lost.
  sigprocmask(SIG_BLOCK, &interrupts, &old);
  pid_t child = fork();
  if (child == 0) {
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < 3; i++) {
      struct sigaction action;
      if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        signal(signals[i], SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    int error = isolation_bound(limits);
    if (error == 0) {
      execv("/proc/self/exe", arguments);
      error = errno;
    }
    while (write(report[1], &error, sizeof error) < 0 && errno == EINTR) continue;
    _exit(127);
  }
  int fork_error = errno;
  close(report[1]);
  if (child < 0) {
    outcome.error_number = fork_error;
    close(report[0]);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return outcome;
  }
  child_process = (sig_atomic_t)child;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = hand_on;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
  sigprocmask(SIG_SETMASK, &old, NULL);
  int error = 0;
  ssize_t count;
  do count = read(report[0], &error, sizeof error);
  while (count < 0 && errno == EINTR);
  close(report[0]);
  int ending = 0;
  while (waitpid(child, &ending, 0) < 0 && errno == EINTR) continue;
  child_process = 0;
  if (count == (ssize_t)sizeof error) {
    outcome.error_number = error;
    return outcome;
  }
  outcome.is_started = 1;
  if (WIFSIGNALED(ending)) outcome.signal_number = WTERMSIG(ending);
  else outcome.exit_status = WEXITSTATUS(ending);
  return outcome;
}

void isolation_end_by(int signal_number) {
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}
