// A file layer that fails: loaded with LD_PRELOAD, it lets the k-th call of the chosen kind fail.
//
// FAULT_CALL  read, write, open, mmap, stat, fsync, rename, close or any
// FAULT_AT    the number of the call that fails, from 1; with FAULT_ALL=1 all from there on
// FAULT_KIND  EIO, EINTR, ENOSPC, ENOMEM, or SHORT (reads and writes of half the bytes)
// FAULT_LOG   a file that gets one byte when a call failed
//
// Only calls that the program makes while it works on files count: descriptors 0 to 2 and paths
// under /proc, /sys, /dev, /usr, /lib and /etc are left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls = 0;

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__) = NULL; \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int is_system(const char *path) {
  static const char *const prefixes[] = {"/proc", "/sys", "/dev", "/usr", "/lib", "/etc", "/opt"};
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0) return 1;
  return 0;
}

static int is_system_descriptor(int descriptor) {
  char link[64], path[512];
  if (descriptor <= 2) return 1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (count <= 0) return 1;
  path[count] = 0;
  return path[0] != '/' || is_system(path);
}

/// 0: go on. -1: fail, errno is set. 1: do half.
static int fault(const char *call) {
  const char *wanted = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND");
  if (!wanted || !at || !kind) return 0;
  if (strcmp(wanted, "any") != 0 && strcmp(wanted, call) != 0) return 0;
  long number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  long from = atol(at);
  if (getenv("FAULT_ALL") ? number < from : number != from) return 0;
  const char *log = getenv("FAULT_LOG");
  if (log) {
    static int (*real)(const char *, int, ...) = NULL;
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    int descriptor = real(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    static ssize_t (*put)(int, const void *, size_t) = NULL;
    if (!put) put = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    static int (*end)(int) = NULL;
    if (!end) end = (int (*)(int))dlsym(RTLD_NEXT, "close");
    if (descriptor >= 0) { if (put(descriptor, "x", 1) < 0) abort(); end(descriptor); }
  }
  if (strcmp(kind, "SHORT") == 0) return 1;
  errno = strcmp(kind, "EINTR") == 0 ? EINTR : strcmp(kind, "ENOSPC") == 0 ? ENOSPC
        : strcmp(kind, "ENOMEM") == 0 ? ENOMEM : EIO;
  return -1;
}

ssize_t read(int descriptor, void *bytes, size_t count) {
  REAL(ssize_t, "read", int, void *, size_t);
  if (!is_system_descriptor(descriptor)) {
    int what = fault("read");
    if (what < 0) return -1;
    if (what > 0 && count > 1) count /= 2;
  }
  return real(descriptor, bytes, count);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, "pread", int, void *, size_t, off_t);
  if (!is_system_descriptor(descriptor)) {
    int what = fault("read");
    if (what < 0) return -1;
    if (what > 0 && count > 1) count /= 2;
  }
  return real(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (!is_system_descriptor(descriptor)) {
    int what = fault("write");
    if (what < 0) return -1;
    if (what > 0 && count > 1) count /= 2;
  }
  return real(descriptor, bytes, count);
}

int open(const char *path, int flags, ...) {
  REAL(int, "open", const char *, int, ...);
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (!is_system(path) && fault("open") < 0) return -1;
  return real(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
  REAL(int, "openat", int, const char *, int, ...);
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (!is_system(path) && fault("open") < 0) return -1;
  return real(directory, path, flags, mode);
}

int mkstemp(char *template) {
  REAL(int, "mkstemp", char *);
  if (fault("open") < 0) return -1;
  return real(template);
}

void *mmap(void *address, size_t count, int protection, int flags, int descriptor, off_t offset) {
  REAL(void *, "mmap", void *, size_t, int, int, int, off_t);
  if (descriptor > 2 && !is_system_descriptor(descriptor) && fault("mmap") < 0) return MAP_FAILED;
  return real(address, count, protection, flags, descriptor, offset);
}

int fstat(int descriptor, struct stat *status) {
  REAL(int, "fstat", int, struct stat *);
  if (!is_system_descriptor(descriptor) && fault("stat") < 0) return -1;
  return real(descriptor, status);
}

int fsync(int descriptor) {
  REAL(int, "fsync", int);
  if (!is_system_descriptor(descriptor) && fault("fsync") < 0) return -1;
  return real(descriptor);
}

int rename(const char *old, const char *new) {
  REAL(int, "rename", const char *, const char *);
  if (fault("rename") < 0) return -1;
  return real(old, new);
}

int ftruncate(int descriptor, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  if (!is_system_descriptor(descriptor) && fault("truncate") < 0) return -1;
  return real(descriptor, length);
}

int close(int descriptor) {
  REAL(int, "close", int);
  if (!is_system_descriptor(descriptor) && fault("close") < 0) {
    // Linux closes the descriptor whatever it answers.
    int kept = errno;
    real(descriptor);
    errno = kept;
    return -1;
  }
  return real(descriptor);
}
