/// The rule files that are inside the program.
#ifndef CRULES_H
#define CRULES_H

#include <stddef.h>

/// One file of a folder of rules/.
typedef struct {
  /// Its name without the ending.
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
} crules_file;

/// The files, sorted by name.
const crules_file *_Nonnull crules_targets(void);
size_t crules_target_count(void);

const crules_file *_Nonnull crules_presets(void);
size_t crules_preset_count(void);

const crules_file *_Nonnull crules_scenarios(void);
size_t crules_scenario_count(void);

const crules_file *_Nonnull crules_recipes(void);
size_t crules_recipe_count(void);

#endif
