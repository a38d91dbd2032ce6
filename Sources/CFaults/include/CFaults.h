// What must be done when the process is interrupted, crashes, or loses a file that it has mapped.
// The handlers only call async-signal-safe functions.
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

/// Makes a crash say `error_line` on standard error, and `json_line` (may be NULL) on standard
/// output where `faults_install(1)` asked for JSON, before the signal ends the process.
///
/// Both are copied. `%` in them stands for the signal's number.
void faults_install_crash(const char *error_line, const char *json_line);

/// Remembers a file that is to go away when the process is interrupted.
///
/// The path is copied. Returns a slot number, or -1 when all slots are taken.
int faults_keep_temporary(const char *path);

/// Forgets the file in `slot`. -1 is ignored.
void faults_forget_temporary(int slot);

/// Makes SIGINT, SIGTERM and SIGHUP remove the remembered files before they end the process; one
/// that is ignored stays ignored.
void faults_install_interrupts(void);

#endif
