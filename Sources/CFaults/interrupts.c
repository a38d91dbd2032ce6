#include "CFaults.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Few files are written at once.
enum { SLOT_COUNT = 64 };

static char *volatile temporaries[SLOT_COUNT];
static pthread_mutex_t temporaries_lock = PTHREAD_MUTEX_INITIALIZER;

int faults_keep_temporary(const char *path) {
  char *copy = strdup(path);
  if (!copy) return -1;
  int found = -1;
  pthread_mutex_lock(&temporaries_lock);
  for (int i = 0; i < SLOT_COUNT && found < 0; i++) {
    if (temporaries[i] != NULL) continue;
    temporaries[i] = copy;
    found = i;
  }
  pthread_mutex_unlock(&temporaries_lock);
  if (found < 0) free(copy);
  return found;
}

void faults_forget_temporary(int slot) {
  if (slot < 0 || slot >= SLOT_COUNT) return;
  pthread_mutex_lock(&temporaries_lock);
  char *path = temporaries[slot];
  temporaries[slot] = NULL;
  pthread_mutex_unlock(&temporaries_lock);
  // A handler that runs in another thread may still look at it: a few bytes are left alone.
  (void)path;
}

static void handle_interrupt(int signal_number) {
  for (int i = 0; i < SLOT_COUNT; i++) {
    char *path = temporaries[i];
    if (path) unlink(path);
  }
  // As if there were no handler: the caller's shell sees that it was interrupted.
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void faults_install_interrupts(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle_interrupt;
  sigemptyset(&action.sa_mask);
  const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction old;
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    sigaction(signals[i], &action, NULL);
  }
}
