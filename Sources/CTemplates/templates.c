#include "CTemplates.h"

// #embed is C23; the compilers that build this package have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char style[] = {
#embed "../../reports/templates/page.css"
};

static const unsigned char script[] = {
#embed "../../reports/templates/page.js"
};

ctemplates_file ctemplates_style(void) { return (ctemplates_file){style, sizeof style}; }

ctemplates_file ctemplates_script(void) { return (ctemplates_file){script, sizeof script}; }
