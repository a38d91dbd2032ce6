// Made by Scripts/embed-rules.sh from the list of files in rules/presets.
#include "CRules.h"

// #embed is C23; the compilers that build this package have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char articles[] = {
#embed "../../rules/presets/articles.json5"
};

static const crules_file files[] = {
    {"articles", articles, sizeof articles},
};

const crules_file *crules_presets(void) { return files; }
size_t crules_preset_count(void) { return sizeof files / sizeof files[0]; }
