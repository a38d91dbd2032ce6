// Made by Scripts/embed-rules.sh from the list of files in rules/targets.
#include "CRules.h"

// #embed is C23; the compilers that build this package have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char coreml_delegate[] = {
#embed "../../rules/targets/coreml-delegate.json5"
};

static const unsigned char cortex_m4[] = {
#embed "../../rules/targets/cortex-m4.json5"
};

static const unsigned char cortex_m7[] = {
#embed "../../rules/targets/cortex-m7.json5"
};

static const unsigned char edgetpu[] = {
#embed "../../rules/targets/edgetpu.json5"
};

static const unsigned char ethos_u55[] = {
#embed "../../rules/targets/ethos-u55.json5"
};

static const unsigned char ethos_u65[] = {
#embed "../../rules/targets/ethos-u65.json5"
};

static const unsigned char hexagon[] = {
#embed "../../rules/targets/hexagon.json5"
};

static const unsigned char host[] = {
#embed "../../rules/targets/host.json5"
};

static const unsigned char nnapi[] = {
#embed "../../rules/targets/nnapi.json5"
};

static const unsigned char onnxruntime_coreml[] = {
#embed "../../rules/targets/onnxruntime-coreml.json5"
};

static const unsigned char onnxruntime_cpu[] = {
#embed "../../rules/targets/onnxruntime-cpu.json5"
};

static const unsigned char phone_big[] = {
#embed "../../rules/targets/phone-big.json5"
};

static const unsigned char phone_little[] = {
#embed "../../rules/targets/phone-little.json5"
};

static const unsigned char qnn[] = {
#embed "../../rules/targets/qnn.json5"
};

static const unsigned char raspberry_pi_4[] = {
#embed "../../rules/targets/raspberry-pi-4.json5"
};

static const unsigned char raspberry_pi_5[] = {
#embed "../../rules/targets/raspberry-pi-5.json5"
};

static const unsigned char tensorrt[] = {
#embed "../../rules/targets/tensorrt.json5"
};

static const unsigned char tflite_builtin[] = {
#embed "../../rules/targets/tflite-builtin.json5"
};

static const unsigned char tflite_gpu[] = {
#embed "../../rules/targets/tflite-gpu.json5"
};

static const unsigned char tflite_micro[] = {
#embed "../../rules/targets/tflite-micro.json5"
};

static const unsigned char x86_server[] = {
#embed "../../rules/targets/x86-server.json5"
};

static const unsigned char xnnpack[] = {
#embed "../../rules/targets/xnnpack.json5"
};

static const crules_file files[] = {
    {"coreml-delegate", coreml_delegate, sizeof coreml_delegate},
    {"cortex-m4", cortex_m4, sizeof cortex_m4},
    {"cortex-m7", cortex_m7, sizeof cortex_m7},
    {"edgetpu", edgetpu, sizeof edgetpu},
    {"ethos-u55", ethos_u55, sizeof ethos_u55},
    {"ethos-u65", ethos_u65, sizeof ethos_u65},
    {"hexagon", hexagon, sizeof hexagon},
    {"host", host, sizeof host},
    {"nnapi", nnapi, sizeof nnapi},
    {"onnxruntime-coreml", onnxruntime_coreml, sizeof onnxruntime_coreml},
    {"onnxruntime-cpu", onnxruntime_cpu, sizeof onnxruntime_cpu},
    {"phone-big", phone_big, sizeof phone_big},
    {"phone-little", phone_little, sizeof phone_little},
    {"qnn", qnn, sizeof qnn},
    {"raspberry-pi-4", raspberry_pi_4, sizeof raspberry_pi_4},
    {"raspberry-pi-5", raspberry_pi_5, sizeof raspberry_pi_5},
    {"tensorrt", tensorrt, sizeof tensorrt},
    {"tflite-builtin", tflite_builtin, sizeof tflite_builtin},
    {"tflite-gpu", tflite_gpu, sizeof tflite_gpu},
    {"tflite-micro", tflite_micro, sizeof tflite_micro},
    {"x86-server", x86_server, sizeof x86_server},
    {"xnnpack", xnnpack, sizeof xnnpack},
};

const crules_file *crules_targets(void) { return files; }
size_t crules_target_count(void) { return sizeof files / sizeof files[0]; }
