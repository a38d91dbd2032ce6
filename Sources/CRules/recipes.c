// Made by Scripts/embed-rules.sh from the list of files in rules/recipes.
#include "CRules.h"

// #embed is C23; the compilers that build this package have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char binary_training[] = {
#embed "../../rules/recipes/binary_training.py"
};

static const unsigned char edge_quantizer[] = {
#embed "../../rules/recipes/edge_quantizer.py"
};

static const unsigned char keras_distillation[] = {
#embed "../../rules/recipes/keras_distillation.py"
};

static const unsigned char nncf_weights[] = {
#embed "../../rules/recipes/nncf_weights.py"
};

static const unsigned char onnxruntime_quantize[] = {
#embed "../../rules/recipes/onnxruntime_quantize.py"
};

static const unsigned char tflite_converter[] = {
#embed "../../rules/recipes/tflite_converter.py"
};

static const unsigned char tfmot_training[] = {
#embed "../../rules/recipes/tfmot_training.py"
};

static const crules_file files[] = {
    {"binary_training", binary_training, sizeof binary_training},
    {"edge_quantizer", edge_quantizer, sizeof edge_quantizer},
    {"keras_distillation", keras_distillation, sizeof keras_distillation},
    {"nncf_weights", nncf_weights, sizeof nncf_weights},
    {"onnxruntime_quantize", onnxruntime_quantize, sizeof onnxruntime_quantize},
    {"tflite_converter", tflite_converter, sizeof tflite_converter},
    {"tfmot_training", tfmot_training, sizeof tfmot_training},
};

const crules_file *crules_recipes(void) { return files; }
size_t crules_recipe_count(void) { return sizeof files / sizeof files[0]; }
