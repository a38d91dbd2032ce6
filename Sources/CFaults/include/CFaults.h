// Turns SIGBUS on a memory-mapped file (the file was truncated while it was mapped) into one error
// line and exit code 2. The handler only calls async-signal-safe functions.
#ifndef CFAULTS_H
#define CFAULTS_H

#include <stddef.h>

/// Remembers a mapping and the text that explains a fault in it.
///
/// `error_line` goes to standard error, `json_line` (may be NULL) to standard output when
/// `faults_install(1)` asked for JSON. Both are copied. Returns a slot number, or -1 when all slots
/// are taken (such a mapping then faults like any other).
int faults_register(const void *base, size_t byte_count, const char *error_line,
                    const char *json_line);

/// Forgets the mapping in `slot`. -1 is ignored.
void faults_unregister(int slot);

/// Installs the SIGBUS handler; `json` not 0 asks for the JSON line on standard output too.
void faults_install(int json);

#endif
