/// The rule files that are inside the program.
#ifndef CRULES_H
#define CRULES_H

#include <stddef.h>

/// One file of rules/targets.
typedef struct {
  /// Its name without the ending.
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
} crules_file;

/// The files, sorted by name.
const crules_file *_Nonnull crules_targets(void);
size_t crules_target_count(void);

#endif
