// Made by Scripts/embed-rules.sh from the list of files in rules/scenarios.
#include "CRules.h"

// #embed is C23; the compilers that build this package have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char gpu_half[] = {
#embed "../../rules/scenarios/gpu-half.json5"
};

static const unsigned char microcontroller[] = {
#embed "../../rules/scenarios/microcontroller.json5"
};

static const unsigned char mobile_realtime[] = {
#embed "../../rules/scenarios/mobile-realtime.json5"
};

static const unsigned char npu_int4[] = {
#embed "../../rules/scenarios/npu-int4.json5"
};

static const unsigned char server_batch[] = {
#embed "../../rules/scenarios/server-batch.json5"
};

static const crules_file files[] = {
    {"gpu-half", gpu_half, sizeof gpu_half},
    {"microcontroller", microcontroller, sizeof microcontroller},
    {"mobile-realtime", mobile_realtime, sizeof mobile_realtime},
    {"npu-int4", npu_int4, sizeof npu_int4},
    {"server-batch", server_batch, sizeof server_batch},
};

const crules_file *crules_scenarios(void) { return files; }
size_t crules_scenario_count(void) { return sizeof files / sizeof files[0]; }
