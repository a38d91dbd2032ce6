// What the handlers share. Everything here may be called from a signal handler.
#ifndef CFAULTS_LINES_H
#define CFAULTS_LINES_H

#include <signal.h>
#include <stddef.h>

/// Whether errors go to standard output as JSON, too.
extern volatile sig_atomic_t faults_wants_json;

/// Writes all of a line; NULL is nothing.
void faults_write(int descriptor, const char *line);

/// Says that the process crashed and lets the signal end it.
void faults_crash(int signal_number);

#endif
