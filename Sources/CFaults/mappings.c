#include "CFaults.h"

#include "lines.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// External data of one model may lie in several files; more mappings than this are not expected to
// be alive at once.
enum { SLOT_COUNT = 256 };

typedef struct {
  const char *volatile base;  // NULL: the slot is free
  size_t byte_count;
  char *error_line;
  char *json_line;
} Slot;

static Slot slots[SLOT_COUNT];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

int faults_register(const void *base, size_t byte_count, const char *error_line,
                    const char *json_line) {
  int found = -1;
  pthread_mutex_lock(&slots_lock);
  for (int i = 0; i < SLOT_COUNT && found < 0; i++) {
    if (slots[i].base != NULL) continue;
    slots[i].byte_count = byte_count;
    slots[i].error_line = strdup(error_line);
    slots[i].json_line = json_line ? strdup(json_line) : NULL;
    slots[i].base = base;  // last: the handler takes a slot with a base as complete
    found = i;
  }
  pthread_mutex_unlock(&slots_lock);
  return found;
}

void faults_unregister(int slot) {
  if (slot < 0 || slot >= SLOT_COUNT) return;
  pthread_mutex_lock(&slots_lock);
  slots[slot].base = NULL;
  free(slots[slot].error_line);
  free(slots[slot].json_line);
  slots[slot].error_line = NULL;
  slots[slot].json_line = NULL;
  pthread_mutex_unlock(&slots_lock);
}

static void handle_bus_error(int signal_number, siginfo_t *info, void *context) {
  (void)context;
  const char *address = info->si_addr;
  for (int i = 0; i < SLOT_COUNT; i++) {
    const char *base = slots[i].base;
    if (base == NULL || address < base || address >= base + slots[i].byte_count) continue;
    if (faults_wants_json) faults_write(1, slots[i].json_line);
    faults_write(2, slots[i].error_line);
    _exit(2);
  }
  // Not one of ours.
  faults_crash(signal_number);
}

void faults_install(int json) {
  faults_wants_json = json;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle_bus_error;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}
