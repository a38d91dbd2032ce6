#include "CCbc.h"

#include <coin/Cbc_C_Interface.h>
#include <stdio.h>
#include <stdlib.h>

ccbc_result ccbc_solve(int columns, int integers, int rows, const int *starts, const int *indices,
                       const double *values, const double *objective, const double *lower,
                       const double *upper, double most, double gap, double seconds,
                       double *solution) {
  ccbc_result result = {ccbc_unsolved, 0, 0};
  double *ones = malloc(sizeof(double) * (size_t)(columns > 0 ? columns : 1));
  Cbc_Model *model = ones ? Cbc_newModel() : NULL;
  if (!model) {
    free(ones);
    return result;
  }
  for (int column = 0; column < columns; column++) ones[column] = column < integers ? 1 : most;
  Cbc_loadProblem(model, columns, rows, starts, indices, values, NULL, ones, objective, lower,
                  upper);
  for (int column = 0; column < integers; column++) Cbc_setInteger(model, column);
  Cbc_setObjSense(model, 1);
  Cbc_setLogLevel(model, 0);
  Cbc_setParameter(model, "log", "0");
  Cbc_setParameter(model, "threads", "0");
  char text[32];
  snprintf(text, sizeof text, "%.9g", gap);
  Cbc_setParameter(model, "ratioGap", text);
  snprintf(text, sizeof text, "%.3f", seconds);
  Cbc_setParameter(model, "sec", text);
  Cbc_setParameter(model, "timeMode", "elapsed");
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
