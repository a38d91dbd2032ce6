/// The style and the script of pages, as they stand in reports/templates.
#ifndef CTEMPLATES_H
#define CTEMPLATES_H

#include <stddef.h>

/// One file of reports/templates.
typedef struct {
  const unsigned char *_Nonnull bytes;
  size_t count;
} ctemplates_file;

ctemplates_file ctemplates_style(void);
ctemplates_file ctemplates_script(void);

#endif
