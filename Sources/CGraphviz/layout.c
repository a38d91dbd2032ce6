#define _GNU_SOURCE
#include "CGraphviz.h"

#include <dlfcn.h>
#include <graphviz/gvc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// The functions with the types that Graphviz' own headers give them.
static struct {
  __typeof__(&gvContext) context;
  __typeof__(&gvLayout) layout;
  __typeof__(&gvFreeLayout) free_layout;
  __typeof__(&gvRenderData) render;
  __typeof__(&gvFreeRenderData) free_render;
  __typeof__(&agmemread) read;
  __typeof__(&agclose) close;
  __typeof__(&agfstnode) first_node;
  __typeof__(&agnxtnode) next_node;
  __typeof__(&agfstout) first_edge;
  __typeof__(&agnxtout) next_edge;
  __typeof__(&agfstsubg) first_subgraph;
  __typeof__(&agnxtsubg) next_subgraph;
  __typeof__(&agnameof) name;
  __typeof__(&agget) get;
} graphviz;

static void *open_first(const char *const *names) {
  for (; *names; names++) {
    void *library = dlopen(*names, RTLD_NOW | RTLD_GLOBAL);
    if (library) return library;
  }
  return NULL;
}

static const char *load(void) {
  if (graphviz.get) return NULL;
  static const char *const cgraph_names[] = {"libcgraph.so.6", "libcgraph.so.8", "libcgraph.so", 0};
  static const char *const gvc_names[] = {"libgvc.so.6", "libgvc.so.7", "libgvc.so", 0};
  void *cgraph = open_first(cgraph_names), *gvc = open_first(gvc_names);
  if (!cgraph || !gvc) return "Graphviz is not installed (Debian: libgvc6)";
#define TAKE(library, field, symbol) \
  if (!(graphviz.field = (__typeof__(graphviz.field))dlsym(library, #symbol))) \
    return "Graphviz lacks " #symbol;
  TAKE(gvc, context, gvContext)
  TAKE(gvc, layout, gvLayout)
  TAKE(gvc, free_layout, gvFreeLayout)
  TAKE(gvc, render, gvRenderData)
  TAKE(gvc, free_render, gvFreeRenderData)
  TAKE(cgraph, read, agmemread)
  TAKE(cgraph, close, agclose)
  TAKE(cgraph, first_node, agfstnode)
  TAKE(cgraph, next_node, agnxtnode)
  TAKE(cgraph, first_edge, agfstout)
  TAKE(cgraph, next_edge, agnxtout)
  TAKE(cgraph, first_subgraph, agfstsubg)
  TAKE(cgraph, next_subgraph, agnxtsubg)
  TAKE(cgraph, name, agnameof)
  TAKE(cgraph, get, agget)
#undef TAKE
  return NULL;
}

typedef struct {
  char *bytes;
  size_t used, room;
  bool failed;
} text;

static void append(text *to, const char *piece) {
  size_t count = strlen(piece);
  if (to->failed) return;
  if (to->room - to->used < count + 1) {
    size_t wanted = (to->used + count + 1) * 2;
    char *larger = realloc(to->bytes, wanted);
    if (!larger) { to->failed = true; return; }
    to->bytes = larger;
    to->room = wanted;
  }
  memcpy(to->bytes + to->used, piece, count + 1);
  to->used += count;
}

static void append_line(text *to, const char *kind, const char *name, const char *value) {
  if (!name || !value || !*value) return;
  append(to, kind);
  append(to, name);
  append(to, " ");
  // Long splines are broken over lines by the writer of DOT.
  for (const char *rest = value; *rest;) {
    char piece[2] = {*rest == '\n' || *rest == '\\' || *rest == '\r' ? ' ' : *rest, 0};
    append(to, piece);
    rest++;
  }
  append(to, "\n");
}

static void append_clusters(text *to, Agraph_t *graph, int depth) {
  // Our own nesting is bounded by the writer of the request.
  if (depth > 64) return;
  for (Agraph_t *part = graphviz.first_subgraph(graph); part; part = graphviz.next_subgraph(part)) {
    char *name = graphviz.name(part);
    if (name && strncmp(name, "cluster", 7) == 0)
      append_line(to, "c ", name, graphviz.get(part, (char *)"bb"));
    append_clusters(to, part, depth + 1);
  }
}

const char *graphviz_layout(const char *dot, char **answer, size_t *answer_count) {
  *answer = NULL;
  *answer_count = 0;
  const char *problem = load();
  if (problem) return problem;
  static GVC_t *context;
  if (!context) context = graphviz.context();
  Agraph_t *graph = context ? graphviz.read(dot) : NULL;
  if (!graph) return "Graphviz cannot read the request";
  if (graphviz.layout(context, graph, "dot") != 0) {
    graphviz.close(graph);
    return "Graphviz cannot lay it out";
  }
  // Rendering as DOT writes the positions into the attributes.
  char *rendered = NULL;
  // Newer releases store a size_t here.
  union { unsigned int narrow; size_t wide; } length = {.wide = 0};
  int failed = graphviz.render(context, graph, "dot", &rendered, (void *)&length);
  if (rendered) graphviz.free_render(rendered);
  text lines = {0};
  if (!failed) {
    append_line(&lines, "g ", "bb", graphviz.get(graph, (char *)"bb"));
    for (Agnode_t *node = graphviz.first_node(graph); node;
         node = graphviz.next_node(graph, node)) {
      append_line(&lines, "n ", graphviz.name(node), graphviz.get(node, (char *)"pos"));
      for (Agedge_t *edge = graphviz.first_edge(graph, node); edge;
           edge = graphviz.next_edge(graph, edge))
        append_line(&lines, "e ", graphviz.get(edge, (char *)"id"),
                    graphviz.get(edge, (char *)"pos"));
    }
    append_clusters(&lines, graph, 0);
  }
  graphviz.free_layout(context, graph);
  graphviz.close(graph);
  if (failed || lines.failed) {
    free(lines.bytes);
    return "Graphviz cannot write the positions";
  }
  *answer = lines.bytes;
  *answer_count = lines.used;
  return NULL;
}
