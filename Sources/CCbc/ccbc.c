#include "CCbc.h"

#include <coin/Cbc_C_Interface.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// A problem as the caller gave it.
typedef struct {
  int columns, integers, rows;
  const int *starts, *indices;
  const double *values, *objective, *lower, *upper;
  double most, gap, seconds;
} problem;

// Later attempts leave out what makes the linear programs harder to hold together numerically.
static ccbc_result search(const problem *given, int attempt, double *solution) {
  ccbc_result result = {ccbc_unsolved, 0, 0};
  int columns = given->columns;
  double *ones = malloc(sizeof(double) * (size_t)(columns > 0 ? columns : 1));
  Cbc_Model *model = ones ? Cbc_newModel() : NULL;
  if (!model) {
    free(ones);
    return result;
  }
  for (int column = 0; column < columns; column++) {
    ones[column] = column < given->integers ? 1 : given->most;
  }
  Cbc_loadProblem(model, columns, given->rows, given->starts, given->indices, given->values, NULL,
                  ones, given->objective, given->lower, given->upper);
  for (int column = 0; column < given->integers; column++) Cbc_setInteger(model, column);
  Cbc_setObjSense(model, 1);
  Cbc_setLogLevel(model, 0);
  Cbc_setParameter(model, "log", "0");
  Cbc_setParameter(model, "threads", "0");
  char text[32];
  snprintf(text, sizeof text, "%.9g", given->gap);
  Cbc_setParameter(model, "ratioGap", text);
  snprintf(text, sizeof text, "%.3f", given->seconds);
  Cbc_setParameter(model, "sec", text);
  Cbc_setParameter(model, "timeMode", "elapsed");
  if (attempt > 0) {
    Cbc_setParameter(model, "presolve", "off");
    Cbc_setParameter(model, "preprocess", "off");
  }
  if (attempt > 1) {
    Cbc_setParameter(model, "cutsOnOff", "off");
    Cbc_setParameter(model, "heuristicsOnOff", "off");
  }
  Cbc_solve(model);
  result.bound = Cbc_getBestPossibleObjValue(model);
  if (Cbc_isProvenInfeasible(model)) {
    result.status = ccbc_infeasible;
  } else {
    const double *found = Cbc_getColSolution(model);
    int isFeasible = found != NULL && Cbc_bestSolution(model) != NULL;
    if (isFeasible) {
      for (int column = 0; column < columns; column++) solution[column] = found[column];
      result.objective = Cbc_getObjValue(model);
      result.status = Cbc_isProvenOptimal(model) ? ccbc_optimal : ccbc_feasible;
    }
  }
  Cbc_deleteModel(model);
  free(ones);
  return result;
}

// What a child gives back.
typedef struct {
  int isDone;
  ccbc_result result;
  double solution[];
} answer;

// Searches in a child process: libraries built with assertions end the process where a linear program
// gets out of hand. Only this file's C and CBC run in the child.
static int searchApart(const problem *given, int attempt, answer *shared) {
  shared->isDone = 0;
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGFPE, SIG_DFL);
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
      dup2(nowhere, STDOUT_FILENO);
      dup2(nowhere, STDERR_FILENO);
    }
    shared->result = search(given, attempt, shared->solution);
    shared->isDone = 1;
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return shared->isDone ? 0 : 1;
}

ccbc_result ccbc_solve(int columns, int integers, int rows, const int *starts, const int *indices,
                       const double *values, const double *objective, const double *lower,
                       const double *upper, double most, double gap, double seconds,
                       double *solution) {
  problem given = {columns, integers, rows,  starts, indices, values,
                   objective, lower,  upper, most,   gap,     seconds};
  size_t bytes = sizeof(answer) + sizeof(double) * (size_t)(columns > 0 ? columns : 1);
  answer *shared =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ccbc_result result = {ccbc_unsolved, 0, 0};
  if (shared == MAP_FAILED) return search(&given, 0, solution);
  for (int attempt = 0; attempt < 3; attempt++) {
    int ended = searchApart(&given, attempt, shared);
    if (ended < 0) {
      result = search(&given, attempt, solution);
      break;
    }
    if (ended == 0) {
      result = shared->result;
      memcpy(solution, shared->solution, sizeof(double) * (size_t)columns);
      break;
    }
  }
  munmap(shared, bytes);
  return result;
}
