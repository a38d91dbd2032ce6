#include "CCbc.h"

#include <coin/Cbc_C_Interface.h>
#include <dlfcn.h>
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

#define CBC_FUNCTIONS(use)                                                                         \
  use(newModel) use(deleteModel) use(loadProblem) use(setInteger) use(setObjSense)                 \
  use(setLogLevel) use(setParameter) use(solve) use(getBestPossibleObjValue)                       \
  use(isProvenInfeasible) use(isProvenOptimal) use(getColSolution) use(bestSolution)               \
  use(getObjValue)

#define FIELD(name) __typeof__(Cbc_##name) *name;
static struct {
  CBC_FUNCTIONS(FIELD)
} cbc;
#undef FIELD

const char *ccbc_open(void) {
  if (cbc.getObjValue) return NULL;
  // The solver brings BLAS and LAPACK with it, whose linking every start of the program would pay.
  // The name ends in the version of the interface that the header describes.
  void *handle = dlopen("libCbcSolver.so.3", RTLD_NOW);
  if (!handle) return "the solver CBC is not installed (Debian: coinor-libcbc3)";
#define TAKE(name)                                                                                 \
  if (!(cbc.name = (__typeof__(cbc.name))dlsym(handle, "Cbc_" #name)))                             \
    return "the solver CBC lacks Cbc_" #name;
  CBC_FUNCTIONS(TAKE)
#undef TAKE
  return NULL;
}

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
  Cbc_Model *model = ones ? cbc.newModel() : NULL;
  if (!model) {
    free(ones);
    return result;
  }
  for (int column = 0; column < columns; column++) {
    ones[column] = column < given->integers ? 1 : given->most;
  }
  cbc.loadProblem(model, columns, given->rows, given->starts, given->indices, given->values, NULL,
                  ones, given->objective, given->lower, given->upper);
  for (int column = 0; column < given->integers; column++) cbc.setInteger(model, column);
  cbc.setObjSense(model, 1);
  cbc.setLogLevel(model, 0);
  cbc.setParameter(model, "log", "0");
  cbc.setParameter(model, "threads", "0");
  char text[32];
  snprintf(text, sizeof text, "%.9g", given->gap);
  cbc.setParameter(model, "ratioGap", text);
  snprintf(text, sizeof text, "%.3f", given->seconds);
  cbc.setParameter(model, "sec", text);
  cbc.setParameter(model, "timeMode", "elapsed");
  if (attempt > 0) {
    cbc.setParameter(model, "presolve", "off");
    cbc.setParameter(model, "preprocess", "off");
  }
  if (attempt > 1) {
    cbc.setParameter(model, "cutsOnOff", "off");
    cbc.setParameter(model, "heuristicsOnOff", "off");
  }
  cbc.solve(model);
  result.bound = cbc.getBestPossibleObjValue(model);
  if (cbc.isProvenInfeasible(model)) {
    result.status = ccbc_infeasible;
  } else {
    const double *found = cbc.getColSolution(model);
    int isFeasible = found != NULL && cbc.bestSolution(model) != NULL;
    if (isFeasible) {
      for (int column = 0; column < columns; column++) solution[column] = found[column];
      result.objective = cbc.getObjValue(model);
      result.status = cbc.isProvenOptimal(model) ? ccbc_optimal : ccbc_feasible;
    }
  }
  cbc.deleteModel(model);
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
  ccbc_result result = {ccbc_unsolved, 0, 0};
  // Before there is a child: what it opened would be gone with it.
  if (ccbc_open()) return result;
  problem given = {columns, integers, rows,  starts, indices, values,
                   objective, lower,  upper, most,   gap,     seconds};
  size_t bytes = sizeof(answer) + sizeof(double) * (size_t)(columns > 0 ? columns : 1);
  answer *shared =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
