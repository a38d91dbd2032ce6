// One mixed-integer problem through CBC, whose columns are 0 or 1 but for some continuous ones.
#ifndef CCBC_H
#define CCBC_H

#include <stdbool.h>

/// How a search ended.
typedef enum {
  ccbc_optimal,
  ccbc_feasible,
  ccbc_infeasible,
  ccbc_unsolved,
} ccbc_status;

/// What a search found.
typedef struct {
  ccbc_status status;
  double objective;
  /// No solution is below it.
  double bound;
} ccbc_result;

/// Opens the solver, once. Returns what is wrong if it cannot be used, otherwise NULL.
///
/// As `ccbc_solve`: one thread at a time.
const char *_Nullable ccbc_open(void);

/// Minimises `objective · x` with `lower ≤ A x ≤ upper`, x of zeros and ones; columns from
/// `integers` on are real numbers from 0 to `most`.
///
/// The search runs in a child process, up to three times with simpler means: libraries built with
/// assertions end the process where a linear program gets out of hand. Bounds have to be finite.
///
/// A is given column by column: `starts` has one more element than there are columns. `solution`
/// takes the values of the columns. Not to be called by two threads at once: CBC keeps state.
ccbc_result ccbc_solve(int columns, int integers, int rows, const int *_Nonnull starts,
                       const int *_Nonnull indices, const double *_Nonnull values,
                       const double *_Nonnull objective, const double *_Nonnull lower,
                       const double *_Nonnull upper, double most, double gap, double seconds,
                       double *_Nonnull solution);

#endif
