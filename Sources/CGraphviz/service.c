#define _GNU_SOURCE
#include "CGraphviz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint8_t *read_request(size_t *count) {
  size_t used = 0, room = 1 << 20;
  uint8_t *bytes = malloc(room);
  while (bytes) {
    if (room - used < 65537) {
      uint8_t *larger = realloc(bytes, room * 2);
      if (!larger) break;
      bytes = larger;
      room *= 2;
    }
    ssize_t got = read(0, bytes + used, room - used - 1);
    if (got < 0) break;
    if (got == 0) {
      // Texts end in a zero byte.
      bytes[used] = 0;
      *count = used;
      return bytes;
    }
    used += (size_t)got;
  }
  free(bytes);
  return NULL;
}

static int put(const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  while (count > 0) {
    ssize_t done = write(1, next, count);
    if (done <= 0) return 1;
    next += done;
    count -= (size_t)done;
  }
  return 0;
}

static int answer(const char *problem, const void *bytes, size_t count) {
  char line[256];
  int length = problem ? snprintf(line, sizeof line, "failed %s\n", problem)
                       : snprintf(line, sizeof line, "ok %zu\n", count);
  return put(line, (size_t)length) || (!problem && put(bytes, count));
}

static int lay_out(uint8_t *request, size_t count) {
  size_t place = 0;
  while (count - place >= 8) {
    uint64_t length = 0;
    memcpy(&length, request + place, 8);
    place += 8;
    if (length > count - place) return 2;
    // The next length stands where this text's end must be.
    uint8_t next = request[place + length];
    request[place + length] = 0;
    char *lines = NULL;
    size_t line_count = 0;
    const char *problem = graphviz_layout((const char *)request + place, &lines, &line_count);
    request[place + length] = next;
    int failed = answer(problem, lines, line_count);
    free(lines);
    if (failed) return 2;
    place += length;
  }
  return 0;
}

int graphviz_child_main(const char *mode) {
  int is_layout = strcmp(mode, GRAPHVIZ_LAYOUT_MODE) == 0;
  if (!is_layout && strcmp(mode, GRAPHVIZ_DRAWING_MODE) != 0) return -1;
  size_t count = 0;
  uint8_t *request = read_request(&count);
  if (!request) return 2;
  if (is_layout) return lay_out(request, count);
  uint8_t *picture = NULL;
  size_t picture_count = 0;
  const char *problem = graphviz_draw(request, count, &picture, &picture_count);
  return answer(problem, picture, picture_count) ? 2 : 0;
}
