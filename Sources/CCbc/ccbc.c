#include "CCbc.h"

#include <coin/Cbc_C_Interface.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

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

ccbc_result ccbc_solve(int columns, int integers, int rows, const int *starts, const int *indices,
                       const double *values, const double *objective, const double *lower,
                       const double *upper, double gap, double seconds, double *solution) {
  ccbc_result result = {ccbc_unsolved, 0, 0};
  if (ccbc_open()) return result;
  double *ones = malloc(sizeof(double) * (size_t)(columns > 0 ? columns : 1));
  Cbc_Model *model = ones ? cbc.newModel() : NULL;
  if (!model) {
    free(ones);
    return result;
  }
  for (int column = 0; column < columns; column++) ones[column] = column < integers ? 1 : 1e30;
  cbc.loadProblem(model, columns, rows, starts, indices, values, NULL, ones, objective, lower,
                  upper);
  for (int column = 0; column < integers; column++) cbc.setInteger(model, column);
  cbc.setObjSense(model, 1);
  cbc.setLogLevel(model, 0);
  cbc.setParameter(model, "log", "0");
  cbc.setParameter(model, "threads", "0");
  char text[32];
  snprintf(text, sizeof text, "%.9g", gap);
  cbc.setParameter(model, "ratioGap", text);
  snprintf(text, sizeof text, "%.3f", seconds);
  cbc.setParameter(model, "sec", text);
  cbc.setParameter(model, "timeMode", "elapsed");
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
