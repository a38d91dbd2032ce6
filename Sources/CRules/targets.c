// Made by Scripts/embed-rules.sh from the list of files in rules/targets.
#include "CRules.h"

// #embed is C23; the compilers that build this package have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char cortex_m7[] = {
#embed "../../rules/targets/cortex-m7.json5"
};

static const unsigned char ethos_u55[] = {
#embed "../../rules/targets/ethos-u55.json5"
};

static const unsigned char ethos_u65[] = {
#embed "../../rules/targets/ethos-u65.json5"
};

static const unsigned char onnxruntime_cpu[] = {
#embed "../../rules/targets/onnxruntime-cpu.json5"
};

static const unsigned char tflite_builtin[] = {
#embed "../../rules/targets/tflite-builtin.json5"
};

static const unsigned char tflite_micro[] = {
#embed "../../rules/targets/tflite-micro.json5"
};

static const crules_file files[] = {
    {"cortex-m7", cortex_m7, sizeof cortex_m7},
    {"ethos-u55", ethos_u55, sizeof ethos_u55},
    {"ethos-u65", ethos_u65, sizeof ethos_u65},
    {"onnxruntime-cpu", onnxruntime_cpu, sizeof onnxruntime_cpu},
    {"tflite-builtin", tflite_builtin, sizeof tflite_builtin},
    {"tflite-micro", tflite_micro, sizeof tflite_micro},
};

const crules_file *crules_targets(void) { return files; }
size_t crules_target_count(void) { return sizeof files / sizeof files[0]; }
