#include "CFaults.h"

#include "lines.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t faults_wants_json = 0;

static char *crash_line = NULL;
static char *crash_json = NULL;
static volatile sig_atomic_t has_crashed = 0;

static void write_all(int descriptor, const char *text, size_t left) {
  while (left > 0) {
    ssize_t written = write(descriptor, text, left);
    if (written <= 0) return;
    text += written;
    left -= (size_t)written;
  }
}

void faults_write(int descriptor, const char *line) {
  if (line) write_all(descriptor, line, strlen(line));
}

/// Writes a line with the signal's number in the place of `%`.
static void write_numbered(int descriptor, const char *line, int number) {
  if (!line) return;
  const char *place = strchr(line, '%');
  if (!place) {
    faults_write(descriptor, line);
    return;
  }
  char digits[4];
  size_t count = 0;
  if (number >= 10) digits[count++] = (char)('0' + number / 10 % 10);
  digits[count++] = (char)('0' + number % 10);
  write_all(descriptor, line, (size_t)(place - line));
  write_all(descriptor, digits, count);
  faults_write(descriptor, place + 1);
}

void faults_crash(int signal_number) {
  // A crash while this is said, or in another thread, says nothing more.
  if (!has_crashed) {
    has_crashed = 1;
    if (faults_wants_json) write_numbered(1, crash_json, signal_number);
    write_numbered(2, crash_line, signal_number);
  }
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void faults_install_crash(const char *error_line, const char *json_line) {
  crash_line = strdup(error_line);
  crash_json = json_line ? strdup(json_line) : NULL;
  // The stack may be what ran out. Only the main thread has this one; in others an overflow ends the
  // process without a line.
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_size = 64 << 10;
  stack.ss_sp = malloc(stack.ss_size);
  if (stack.ss_sp) sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = faults_crash;
  action.sa_flags = SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  const int signals[] = {SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, NULL);
}
