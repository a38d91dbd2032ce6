// Draws shapes with cairo, and text with Pango.
//
// The list, all numbers little-endian doubles unless said otherwise:
// 1. format: one byte, 'p' for PNG or 'd' for PDF; then width, height, scale
// 2. shapes until the end, each begun by one byte:
//    'R' x y width height radius, paint
//    'P' number of points, then points (x, y): a start and three for each Bézier curve; paint
//    'T' x baseline size, anchor (0 start, 1 middle, 2 end), weight (0 or 1), colour,
//        number of bytes, the bytes (UTF-8)
// A paint: fill colour, stroke colour, stroke width, dash length (0 for none).
// A colour: red, green, blue, alpha from 0 to 1.
#define _GNU_SOURCE
#include "CGraphviz.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// cairo and Pango as far as they are used: all objects are opaque.
typedef int (*write_function)(void *closure, const unsigned char *data, unsigned int length);
static struct {
  void *(*image)(int format, int width, int height);
  void *(*pdf)(write_function, void *closure, double width, double height);
  void (*pdf_metadata)(void *surface, int key, const char *value);
  int (*write_png)(void *surface, write_function, void *closure);
  void *(*create)(void *surface);
  int (*status)(void *context);
  int (*surface_status)(void *surface);
  void (*finish)(void *surface);
  void (*destroy)(void *context);
  void (*destroy_surface)(void *surface);
  void (*scale)(void *, double, double);
  void (*colour)(void *, double, double, double, double);
  void (*move_to)(void *, double, double);
  void (*curve_to)(void *, double, double, double, double, double, double);
  void (*arc)(void *, double, double, double, double, double);
  void (*new_path)(void *);
  void (*close_path)(void *);
  void (*fill_preserve)(void *);
  void (*stroke)(void *);
  void (*line_width)(void *, double);
  void (*dash)(void *, const double *, int, double);
  void (*line_cap)(void *, int);
  void *(*layout)(void *context);
  void (*show_layout)(void *context, void *layout);
  void (*set_text)(void *layout, const char *, int);
  void *(*font)(const char *);
  void (*font_size)(void *font, double);
  void (*free_font)(void *font);
  void (*set_font)(void *layout, const void *font);
  int (*baseline)(void *layout);
  void (*size)(void *layout, int *width, int *height);
  void (*unref)(void *);
} cairo;

static const char *load(void) {
  if (cairo.unref) return NULL;
  void *c = dlopen("libcairo.so.2", RTLD_NOW), *p = dlopen("libpango-1.0.so.0", RTLD_NOW);
  void *pc = dlopen("libpangocairo-1.0.so.0", RTLD_NOW);
  void *g = dlopen("libgobject-2.0.so.0", RTLD_NOW);
  if (!c) return "cairo is not installed (Debian: libcairo2)";
  if (!p || !pc || !g) return "Pango is not installed (Debian: libpangocairo-1.0-0)";
#define TAKE(library, field, symbol) \
  if (!(cairo.field = (__typeof__(cairo.field))dlsym(library, #symbol))) \
    return "cairo or Pango lacks " #symbol;
  TAKE(c, image, cairo_image_surface_create)
  TAKE(c, pdf, cairo_pdf_surface_create_for_stream)
  TAKE(c, pdf_metadata, cairo_pdf_surface_set_metadata)
  TAKE(c, write_png, cairo_surface_write_to_png_stream)
  TAKE(c, create, cairo_create)
  TAKE(c, status, cairo_status)
  TAKE(c, surface_status, cairo_surface_status)
  TAKE(c, finish, cairo_surface_finish)
  TAKE(c, destroy, cairo_destroy)
  TAKE(c, destroy_surface, cairo_surface_destroy)
  TAKE(c, scale, cairo_scale)
  TAKE(c, colour, cairo_set_source_rgba)
  TAKE(c, move_to, cairo_move_to)
  TAKE(c, curve_to, cairo_curve_to)
  TAKE(c, arc, cairo_arc)
  TAKE(c, new_path, cairo_new_path)
  TAKE(c, close_path, cairo_close_path)
  TAKE(c, fill_preserve, cairo_fill_preserve)
  TAKE(c, stroke, cairo_stroke)
  TAKE(c, line_width, cairo_set_line_width)
  TAKE(c, dash, cairo_set_dash)
  TAKE(c, line_cap, cairo_set_line_cap)
  TAKE(pc, layout, pango_cairo_create_layout)
  TAKE(pc, show_layout, pango_cairo_show_layout)
  TAKE(p, set_text, pango_layout_set_text)
  TAKE(p, font, pango_font_description_from_string)
  TAKE(p, font_size, pango_font_description_set_absolute_size)
  TAKE(p, free_font, pango_font_description_free)
  TAKE(p, set_font, pango_layout_set_font_description)
  TAKE(p, baseline, pango_layout_get_baseline)
  TAKE(p, size, pango_layout_get_size)
  TAKE(g, unref, g_object_unref)
#undef TAKE
  return NULL;
}

// CAIRO_FORMAT_RGB24, CAIRO_PDF_METADATA_CREATE_DATE, CAIRO_STATUS_WRITE_ERROR, PANGO_SCALE
enum { RGB24 = 1, CREATION_DATE = 5, WRITE_ERROR = 11, UNITS = 1024 };

typedef struct {
  uint8_t *bytes;
  size_t used, room;
} buffer;

static int collect(void *closure, const unsigned char *data, unsigned int length) {
  buffer *to = closure;
  if (to->room - to->used < length) {
    size_t wanted = (to->used + length) * 2;
    uint8_t *larger = realloc(to->bytes, wanted);
    if (!larger) return WRITE_ERROR;
    to->bytes = larger;
    to->room = wanted;
  }
  memcpy(to->bytes + to->used, data, length);
  to->used += length;
  return 0;
}

typedef struct {
  const uint8_t *next, *end;
  bool failed;
} reader;

static int byte(reader *from) {
  if (from->next >= from->end) { from->failed = true; return 0; }
  return *from->next++;
}

static double number(reader *from) {
  double value = 0;
  if (from->end - from->next < 8) { from->failed = true; return 0; }
  memcpy(&value, from->next, 8);
  from->next += 8;
  if (!isfinite(value)) { from->failed = true; return 0; }
  return value;
}

static void use_colour(reader *from, void *context, double *alpha) {
  double red = number(from), green = number(from), blue = number(from);
  *alpha = number(from);
  cairo.colour(context, red, green, blue, *alpha);
}

static void paint(reader *from, void *context) {
  double alpha;
  use_colour(from, context, &alpha);
  if (alpha > 0) cairo.fill_preserve(context);
  use_colour(from, context, &alpha);
  double width = number(from), dash = number(from);
  if (alpha > 0 && width > 0) {
    cairo.line_width(context, width);
    double pattern[2] = {dash, dash};
    cairo.dash(context, pattern, dash > 0 ? 2 : 0, 0);
    cairo.stroke(context);
  }
  cairo.new_path(context);
}

static void draw_rectangle(reader *from, void *context) {
  double x = number(from), y = number(from), width = number(from), height = number(from);
  double radius = number(from), quarter = M_PI / 2;
  cairo.new_path(context);
  cairo.arc(context, x + width - radius, y + radius, radius, -quarter, 0);
  cairo.arc(context, x + width - radius, y + height - radius, radius, 0, quarter);
  cairo.arc(context, x + radius, y + height - radius, radius, quarter, 2 * quarter);
  cairo.arc(context, x + radius, y + radius, radius, 2 * quarter, 3 * quarter);
  cairo.close_path(context);
  paint(from, context);
}

static void draw_path(reader *from, void *context) {
  double count = number(from);
  cairo.new_path(context);
  if (!from->failed && count >= 1) {
    double x = number(from), y = number(from);
    cairo.move_to(context, x, y);
    for (double index = 1; index + 2 < count && !from->failed; index += 3) {
      double p[6];
      for (int k = 0; k < 6; k++) p[k] = number(from);
      cairo.curve_to(context, p[0], p[1], p[2], p[3], p[4], p[5]);
    }
  }
  paint(from, context);
}

static void draw_text(reader *from, void *context, void *layout, void *plain, void *bold) {
  double x = number(from), y = number(from), size = number(from), anchor = number(from);
  void *font = number(from) > 0 ? bold : plain;
  double alpha;
  use_colour(from, context, &alpha);
  double count = number(from);
  if (from->failed || count < 0 || count > (double)(from->end - from->next)) {
    from->failed = true;
    return;
  }
  cairo.font_size(font, size * UNITS);
  cairo.set_font(layout, font);
  cairo.set_text(layout, (const char *)from->next, (int)count);
  from->next += (size_t)count;
  int width = 0, height = 0;
  cairo.size(layout, &width, &height);
  double left = x - anchor * width / UNITS / 2;
  cairo.move_to(context, left, y - (double)cairo.baseline(layout) / UNITS);
  cairo.show_layout(context, layout);
  cairo.new_path(context);
}

const char *graphviz_draw(const uint8_t *list, size_t list_count, uint8_t **answer,
                          size_t *answer_count) {
  *answer = NULL;
  *answer_count = 0;
  const char *problem = load();
  if (problem) return problem;
  reader from = {list, list + list_count, false};
  int format = byte(&from);
  double width = number(&from), height = number(&from), scale = number(&from);
  if (from.failed || width <= 0 || height <= 0 || scale <= 0) return "the list of shapes is broken";
  buffer to = {0};
  void *surface = format == 'p'
                      ? cairo.image(RGB24, (int)ceil(width * scale), (int)ceil(height * scale))
                      : cairo.pdf(collect, &to, width * scale, height * scale);
  if (cairo.surface_status(surface) != 0) return "cairo cannot make a picture of this size";
  // The same input gives the same bytes: no time of the day.
  if (format == 'd') cairo.pdf_metadata(surface, CREATION_DATE, "1970-01-01T00:00:00Z");
  void *context = cairo.create(surface);
  cairo.scale(context, scale, scale);
  void *layout = cairo.layout(context);
  void *plain = cairo.font("Helvetica, Arial, Liberation Sans, sans-serif");
  void *bold = cairo.font("Helvetica, Arial, Liberation Sans, sans-serif bold");
  while (!from.failed && from.next < from.end) {
    switch (byte(&from)) {
    case 'R': draw_rectangle(&from, context); break;
    case 'P': draw_path(&from, context); break;
    case 'T': draw_text(&from, context, layout, plain, bold); break;
    default: from.failed = true;
    }
  }
  cairo.free_font(plain);
  cairo.free_font(bold);
  cairo.unref(layout);
  bool failed = from.failed || cairo.status(context) != 0;
  cairo.destroy(context);
  if (!failed && format == 'p') failed = cairo.write_png(surface, collect, &to) != 0;
  cairo.finish(surface);
  failed = failed || (format != 'p' && cairo.surface_status(surface) != 0);
  cairo.destroy_surface(surface);
  if (failed) {
    free(to.bytes);
    return "cairo cannot draw the picture";
  }
  *answer = to.bytes;
  *answer_count = to.used;
  return NULL;
}
