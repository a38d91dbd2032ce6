// Layout by Graphviz, drawing by cairo, and the child process in which both run.
//
// The libraries are opened when they are needed, not linked: the program starts without them, runs
// where they are missing, and never holds them in the process that holds the model. Graphviz is not
// thread-safe; here it has a process of its own.
#ifndef CGRAPHVIZ_H
#define CGRAPHVIZ_H

#include <stddef.h>
#include <stdint.h>

/// What a child process may take.
typedef struct {
  /// Address space, in bytes.
  size_t memory;
  /// Processor time, in seconds.
  unsigned cpu_seconds;
  /// Time on the wall, in milliseconds; then it is killed.
  unsigned milliseconds;
  /// Bytes of its answer.
  size_t answer;
} graphviz_limits;

/// How a child process ended.
typedef enum {
  GRAPHVIZ_DONE = 0,
  GRAPHVIZ_NOT_STARTED = 1,
  GRAPHVIZ_FAILED = 2,
  GRAPHVIZ_KILLED = 3,
  GRAPHVIZ_TIMED_OUT = 4,
  GRAPHVIZ_ANSWER_TOO_LARGE = 5
} graphviz_outcome;

/// Runs this program again as `analyze MODE`, gives it the request on standard input, and collects
/// what it prints.
///
/// The child has no other descriptors. `*answer` is to be given to `free`; it holds what came before
/// the end, whatever the outcome. `*status` becomes the child's exit status or signal.
graphviz_outcome graphviz_run_child(const char *mode, const uint8_t *request, size_t request_count,
                                    graphviz_limits limits, uint8_t **answer, size_t *answer_count,
                                    int *status);

/// Lays out one graph that is written in DOT with the engine `dot`.
///
/// The answer has a line each: `g BOX`, `n NAME X,Y`, `c NAME BOX`, `e ID SPLINE`. Returns NULL on
/// success, else what went wrong. `*answer` is to be given to `free`.
const char *graphviz_layout(const char *dot, char **answer, size_t *answer_count);

/// Draws a list of shapes as PNG or PDF; the list's layout is described in canvas.c.
///
/// Returns NULL on success, else what went wrong. `*answer` is to be given to `free`.
const char *graphviz_draw(const uint8_t *list, size_t list_count, uint8_t **answer,
                          size_t *answer_count);

/// The modes of the child.
#define GRAPHVIZ_LAYOUT_MODE "--graphviz-layout"
#define GRAPHVIZ_DRAWING_MODE "--graphviz-drawing"

/// What the child does: reads the request from standard input and answers on standard output.
///
/// - `GRAPHVIZ_LAYOUT_MODE`: the request is a sequence of graphs, each behind its length as
///   little-endian 64-bit number. Each is answered at once by a line `ok COUNT` and COUNT bytes, or
///   by a line `failed`.
/// - `GRAPHVIZ_DRAWING_MODE`: the request is one list of shapes; the answer is `ok COUNT` and the
///   picture, or `failed` and what went wrong.
///
/// Returns the exit status, or -1 where the mode is none of the child's.
int graphviz_child_main(const char *mode);

#endif
