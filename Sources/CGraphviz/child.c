#define _GNU_SOURCE
#include "CGraphviz.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now_milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void bound(int resource, rlim_t most) {
  struct rlimit limit = {most, most};
  setrlimit(resource, &limit);
}

/// The environment with Swift's crash reporter off: it would keep the pipe open.
static char **child_environment(void) {
  size_t count = 0;
  while (environ && environ[count]) count++;
  char **copy = calloc(count + 2, sizeof(char *));
  if (!copy) return NULL;
  size_t used = 0;
  for (size_t index = 0; index < count; index++)
    if (strncmp(environ[index], "SWIFT_BACKTRACE=", 16) != 0) copy[used++] = environ[index];
  copy[used] = (char *)"SWIFT_BACKTRACE=enable=no";
  return copy;
}

/// Only calls what is safe between fork and exec.
static void become_child(const char *mode, int input, int output, graphviz_limits limits,
                         char **environment) {
  int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  // Descriptors 0 to 2 may have been closed in the parent: move the pipes out of the way first.
  int in = fcntl(input, F_DUPFD, 3), out = fcntl(output, F_DUPFD, 3);
  int errors = nothing < 0 ? -1 : fcntl(nothing, F_DUPFD, 3);
  if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0) _exit(127);
  if (errors >= 0) dup2(errors, 2); else close(2);
  if (close_range(3, ~0U, 0) != 0)
    for (int descriptor = 3; descriptor < 4096; descriptor++) close(descriptor);
  bound(RLIMIT_AS, limits.memory);
  bound(RLIMIT_CPU, limits.cpu_seconds);
  bound(RLIMIT_FSIZE, 0);
  bound(RLIMIT_CORE, 0);
  signal(SIGPIPE, SIG_DFL);
  char *const arguments[] = {(char *)"analyze", (char *)mode, NULL};
  execve("/proc/self/exe", arguments, environment);
  _exit(127);
}

/// Gives the request and takes the answer at the same time, until the child closes its end.
static graphviz_outcome converse(int to, int from, const uint8_t *request, size_t request_count,
                                 graphviz_limits limits, uint8_t **answer, size_t *answer_count) {
  long long deadline = now_milliseconds() + limits.milliseconds;
  size_t sent = 0, used = 0, room = 0;
  uint8_t *bytes = NULL;
  graphviz_outcome outcome = GRAPHVIZ_DONE;
  for (;;) {
    if (to >= 0 && sent == request_count) { close(to); to = -1; }
    long long left = deadline - now_milliseconds();
    if (left <= 0) { outcome = GRAPHVIZ_TIMED_OUT; break; }
    struct pollfd ends[2] = {{from, POLLIN, 0}, {to, POLLOUT, 0}};
    int ready = poll(ends, to >= 0 ? 2 : 1, left > 60000 ? 60000 : (int)left);
    if (ready < 0 && errno != EINTR) { outcome = GRAPHVIZ_FAILED; break; }
    if (ready <= 0) continue;
    if (to >= 0 && (ends[1].revents & (POLLOUT | POLLERR))) {
      ssize_t count = write(to, request + sent, request_count - sent);
      if (count > 0) sent += (size_t)count;
      // A child that stops reading has its reasons; its status tells.
      else if (count < 0 && errno != EAGAIN && errno != EINTR) { close(to); to = -1; }
    }
    if (!(ends[0].revents & (POLLIN | POLLHUP | POLLERR))) continue;
    if (room - used < 65536) {
      size_t wanted = room ? room * 2 : 1 << 18;
      if (used >= limits.answer) { outcome = GRAPHVIZ_ANSWER_TOO_LARGE; break; }
      uint8_t *larger = realloc(bytes, wanted);
      if (!larger) { outcome = GRAPHVIZ_ANSWER_TOO_LARGE; break; }
      bytes = larger;
      room = wanted;
    }
    ssize_t count = read(from, bytes + used, room - used);
    if (count == 0) break;
    if (count > 0) used += (size_t)count;
    else if (errno != EAGAIN && errno != EINTR) { outcome = GRAPHVIZ_FAILED; break; }
  }
  if (to >= 0) close(to);
  *answer = bytes;
  *answer_count = used;
  return outcome;
}

graphviz_outcome graphviz_run_child(const char *mode, const uint8_t *request, size_t request_count,
                                    graphviz_limits limits, uint8_t **answer, size_t *answer_count,
                                    int *status) {
  *answer = NULL;
  *answer_count = 0;
  *status = 0;
  int down[2], up[2];
  if (pipe2(down, O_CLOEXEC) != 0) return GRAPHVIZ_NOT_STARTED;
  if (pipe2(up, O_CLOEXEC) != 0) {
    close(down[0]);
    close(down[1]);
    return GRAPHVIZ_NOT_STARTED;
  }
  char **environment = child_environment();
  pid_t child = environment ? fork() : -1;
  if (child == 0) become_child(mode, down[0], up[1], limits, environment);
  free(environment);
  close(down[0]);
  close(up[1]);
  if (child < 0) {
    close(down[1]);
    close(up[0]);
    return GRAPHVIZ_NOT_STARTED;
  }
  fcntl(down[1], F_SETFL, O_NONBLOCK);
  graphviz_outcome outcome =
      converse(down[1], up[0], request, request_count, limits, answer, answer_count);
  close(up[0]);
  if (outcome != GRAPHVIZ_DONE) kill(child, SIGKILL);
  int ending = 0;
  while (waitpid(child, &ending, 0) < 0 && errno == EINTR) continue;
  if (outcome != GRAPHVIZ_DONE) return outcome;
  if (WIFEXITED(ending) && WEXITSTATUS(ending) == 0) return GRAPHVIZ_DONE;
  if (WIFSIGNALED(ending)) {
    *status = WTERMSIG(ending);
    return GRAPHVIZ_KILLED;
  }
  *status = WIFEXITED(ending) ? WEXITSTATUS(ending) : 0;
  return *status == 127 ? GRAPHVIZ_NOT_STARTED : GRAPHVIZ_FAILED;
}
