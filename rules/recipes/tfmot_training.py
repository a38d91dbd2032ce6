"""Trains what a plan prunes and quantizes, with TensorFlow Model Optimization, beside a control.

    pip install tensorflow-cpu tf_keras tensorflow-model-optimization
    python tfmot_training.py MODEL.keras|MODEL.h5 plan.json --data train.npz --test test.npz
        [--method pruning|quantization-aware|combined] [--schedule polynomial|constant] -o trained.tflite

Expressed: prune-10 ... prune-99 (polynomial schedule from the initial to the final sparsity, or constant),
prune-N:M of dense layers and convolutions (constant); int8 weights and activations (quantization-aware, the
tool's own 8-bit scheme); both: pruning first, then quantization-aware training that keeps the zeros.
Not expressed: widths other than 8 bits, float16, scales of groups, ternary and binary weights, k-means,
channels that are removed (keras_distillation.py trains such a model), pruning of depthwise filters,
activation-weighted pruning (the tool prunes by magnitude). Such layers stay as they are, and the script
names them. Depthwise filters are trained, not pruned.

The control is the uncompressed model, trained on for the same number of epochs with the same data, order
and learning rate: what training gains by itself is no merit of the compression.
Arrays of the .npz files: the inputs by name (or the only one besides the labels), labels as `labels` or `y`
(integers for class scores, else targets of the output's shape).
"""

import argparse
import gzip
import inspect
import json
import math
import os
import re

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras

METHODS = ["pruning", "quantization-aware", "combined"]


def load(path):
    """The model in the Keras that the tool knows; files of Keras 3 are rebuilt layer by layer."""
    try:
        return tf_keras.models.load_model(path, compile=False)
    except (ImportError, OSError, TypeError, ValueError, KeyError, AttributeError):
        import keras
    source = keras.models.load_model(path, compile=False)
    layers, tensors = {}, {}

    def simple(value):
        """Configuration without what only Keras 3 writes."""
        if isinstance(value, dict):
            if value.get("class_name") == "DTypePolicy":
                return value["config"]["name"]
            return {
                key: simple(item) for key, item in value.items()
                if key not in ("module", "registered_name", "build_config", "quantization_config")
            }
        return [simple(item) for item in value] if isinstance(value, list) else value

    def known(layer):
        kind = getattr(tf_keras.layers, type(layer).__name__, None)
        if kind is None:
            raise SystemExit(f"the layer {layer.name} ({type(layer).__name__}) is not known to tf_keras")
        accepted = {"name", "trainable", "dtype"}.union(
            *(inspect.signature(base.__init__).parameters for base in kind.__mro__))
        # Weights are copied: how they began does not matter.
        return kind.from_config({
            key: value for key, value in simple(layer.get_config()).items()
            if key in accepted and not key.endswith("_initializer")
        })

    for tensor in source.inputs:
        tensors[id(tensor)] = tf_keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name.split(":")[0])
    pending = [layer for layer in source.layers if type(layer).__name__ != "InputLayer"]
    for layer in pending:
        node = layer._inbound_nodes[0] if layer._inbound_nodes else None
        if node is None or any(id(tensor) not in tensors for tensor in node.input_tensors):
            raise SystemExit(f"the layer {layer.name} cannot be rebuilt for tf_keras; save the model with tf_keras")
        copy = known(layer)
        inputs = [tensors[id(tensor)] for tensor in node.input_tensors]
        result = copy(inputs if len(inputs) > 1 else inputs[0])
        copy.set_weights(layer.get_weights())
        layers[layer.name] = copy
        tensors[id(node.output_tensors[0])] = result
    model = tf_keras.Model(
        [tensors[id(tensor)] for tensor in source.inputs],
        [tensors[id(tensor)] for tensor in source.outputs], name=source.name)
    return model


def read(path, model):
    """Inputs and labels of a .npz."""
    data = np.load(path)
    label = next((name for name in ("labels", "y") if name in data), None)
    if label is None:
        raise SystemExit(f"{path}: no array is called labels or y")
    names = [tensor.name.split(":")[0] for tensor in model.inputs]
    rest = [name for name in data.files if name != label]
    arrays = [data[name] if name in data else data[rest[index]] for index, name in enumerate(names)]
    return [array.astype(np.float32) for array in arrays], data[label]


def layer_actions(plan, model):
    """The planned action of each layer of the model, by its name."""
    names = [layer.name for layer in model.layers]
    found, lost = {}, []
    for layer in plan["layers"]:
        wanted = [layer["layer"] or "", *re.split(r"[/;:]", layer["tensor"]), *re.split(r"[/;:]", layer["name"])]
        match = next((name for text in wanted for name in names if text in (name, name + "_1")), None)
        if match:
            found[match] = layer["action"]
        elif layer["action"] != "keep":
            lost.append(f"{layer['site']} ({layer['action']}: no layer of this name)")
    return found, lost


def pruning(action, schedule, settings, steps):
    """The tool's parameters for an action, or None where it has none."""
    pattern = re.fullmatch(r"prune-(\d+):(\d+)(\+.*)?", action)
    begin = round(settings["beginShare"] * steps)
    end = max(begin + 1, round(settings["endShare"] * steps))
    frequency = min(settings["frequency"], max(1, (end - begin) // 10))
    if pattern:
        return {
            "pruning_schedule": tfmot.sparsity.keras.ConstantSparsity(0.5, begin, frequency=frequency),
            "sparsity_m_by_n": (int(pattern[2]) - int(pattern[1]), int(pattern[2])),
        }
    match = re.fullmatch(r"prune-(\d+)(-activation)?(\+.*)?", action)
    if not match:
        return None
    final = int(match[1]) / 100
    if schedule == "constant":
        return {"pruning_schedule": tfmot.sparsity.keras.ConstantSparsity(final, begin, end, frequency)}
    return {
        "pruning_schedule": tfmot.sparsity.keras.PolynomialDecay(
            min(settings["initialSparsity"], final), final, begin, end, power=3, frequency=frequency)
    }


def pruned(model, actions, schedule, settings, steps, skipped):
    supports = tfmot.sparsity.keras.prune_low_magnitude

    def wrap(layer):
        action = actions.get(layer.name, "keep")
        parameters = pruning(action, schedule, settings, steps)
        if parameters is None:
            return layer.__class__.from_config(layer.get_config())
        if "depthwise" in type(layer).__name__.lower():
            skipped.append(f"{layer.name} ({action}: the tool prunes no depthwise filters)")
            return layer.__class__.from_config(layer.get_config())
        return supports(layer.__class__.from_config(layer.get_config()), **parameters)

    result = tf_keras.models.clone_model(model, clone_function=wrap)
    copy_weights(model, result)
    return result


def copy_weights(model, other):
    """Weights by layer; wrappers hold the layer's own ones first."""
    targets = {getattr(layer, "layer", layer).name: getattr(layer, "layer", layer) for layer in other.layers}
    for layer in model.layers:
        values = layer.get_weights()
        if values:
            target = targets[layer.name]
            for variable, value in zip(target.weights[: len(values)], values):
                variable.assign(value)


def quantized(model, actions, keeps_zeros):
    """Fake quantization where the plan has 8 bits; all layers where it has none there."""
    chosen = {name for name, action in actions.items() if action.startswith("int8")}

    def wrap(layer):
        own = layer.__class__.from_config(layer.get_config())
        if chosen and layer.weights and not isinstance(layer, tf_keras.layers.BatchNormalization):
            if layer.name not in chosen:
                return own
        return tfmot.quantization.keras.quantize_annotate_layer(own) if layer.weights or not chosen else own

    if chosen:
        annotated = tf_keras.models.clone_model(model, clone_function=wrap)
        copy_weights(model, annotated)
    else:
        annotated = tfmot.quantization.keras.quantize_annotate_model(model)
    if keeps_zeros:
        scheme = tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme()
        return tfmot.quantization.keras.quantize_apply(annotated, scheme)
    with tfmot.quantization.keras.quantize_scope():
        return tfmot.quantization.keras.quantize_apply(annotated)


def fit(model, data, labels, options, callbacks=()):
    is_class = np.issubdtype(labels.dtype, np.integer)
    last = model.layers[-1].get_config()
    activation = str(last.get("activation", last.get("layer", {})))
    loss = (
        tf_keras.losses.SparseCategoricalCrossentropy(from_logits="softmax" not in activation)
        if is_class else "mse"
    )
    model.compile(
        tf_keras.optimizers.Adam(options.learning_rate), loss, metrics=["accuracy"] if is_class else ["mse"])
    tf_keras.utils.set_random_seed(options.seed)
    model.fit(
        data, labels, batch_size=options.batch, epochs=options.epochs, verbose=0, shuffle=True,
        callbacks=list(callbacks))


def score(model, data, labels):
    """Share of right answers, or the mean square error."""
    output = model.predict(data, batch_size=64, verbose=0)
    if np.issubdtype(labels.dtype, np.integer):
        return float((output.argmax(-1) == labels.reshape(-1)).mean())
    return float(np.mean((output - labels) ** 2))


def convert(model, samples, is_integer, actions):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if is_integer:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    elif any(action.startswith("int8") for action in actions.values()):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter.convert()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("plan")
    parser.add_argument("--data", required=True, help=".npz to train with")
    parser.add_argument("--test", required=True, help=".npz that training does not see")
    parser.add_argument("--method", choices=METHODS)
    parser.add_argument("--schedule", choices=["polynomial", "constant"])
    parser.add_argument("--initial-sparsity", type=float)
    parser.add_argument("--final-sparsity", type=float, help="for layers that the plan does not prune")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", default="trained.tflite")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)

    # What the plan advises; the field's usual figures where it advises nothing of the kind.
    advised = {entry["step"]: entry["settings"] for entry in plan["training"]}
    settings = {"initialSparsity": 0.3, "beginShare": 0.0, "endShare": 0.8, "frequency": 100, "epochs": 5}
    settings |= advised.get("quantization-aware", {}) | advised.get("gradual-pruning", {})
    if options.initial_sparsity is not None:
        settings["initialSparsity"] = options.initial_sparsity
    options.epochs = options.epochs or settings["epochs"]
    schedule = options.schedule or settings.get("schedule", "polynomial")

    model = load(options.model)
    actions, skipped = layer_actions(plan, model)
    if options.final_sparsity is not None:
        for layer in model.layers:
            if layer.weights and not actions.get(layer.name, "keep").startswith("prune-"):
                actions[layer.name] = f"prune-{round(100 * options.final_sparsity)}"
    has_pruning = any(action.startswith("prune-") for action in actions.values())
    has_integers = any(action.startswith("int8") for action in actions.values())
    method = options.method or (
        "combined" if has_pruning and ("quantization-aware" in advised or has_integers)
        else "pruning" if has_pruning else "quantization-aware")
    if method != "quantization-aware" and not has_pruning:
        raise SystemExit("the plan prunes nothing: --final-sparsity 0.5 prunes every layer by half")
    data, labels = read(options.data, model)
    test, answers = read(options.test, model)
    steps = math.ceil(len(labels) / options.batch) * options.epochs

    original = score(model, test, answers)
    control = tf_keras.models.clone_model(model)
    control.set_weights(model.get_weights())
    fit(control, data, labels, options)
    lines = [("original", original), (f"control, {options.epochs} epochs", score(control, test, answers))]

    trained = model
    if method != "quantization-aware":
        trained = pruned(trained, actions, schedule, settings, steps, skipped)
        fit(trained, data, labels, options, [tfmot.sparsity.keras.UpdatePruningStep()])
        trained = tfmot.sparsity.keras.strip_pruning(trained)
        lines.append((f"pruned ({schedule}), {options.epochs} epochs", score(trained, test, answers)))
    if method != "pruning":
        trained = quantized(trained, actions if has_integers else {}, method == "combined")
        fit(trained, data, labels, options)
        if method == "combined":
            # The control of two trainings is trained twice as long.
            fit(control, data, labels, options)
            lines.append((f"control, {2 * options.epochs} epochs", score(control, test, answers)))
        lines.append((f"quantization-aware, {options.epochs} epochs more", score(trained, test, answers)))

    content = convert(trained, data, method != "pruning", actions)
    with open(options.output, "wb") as file:
        file.write(content)
    for name in skipped + [
        f"{name} ({action})" for name, action in actions.items()
        if action != "keep" and not action.startswith(("prune-", "int8"))
    ]:
        print("left as it is:", name)
    for layer in trained.layers:
        kernels = [w.numpy() for w in layer.weights if "kernel" in w.name and len(w.shape) > 1]
        if method != "quantization-aware" and kernels:
            print(f"zeros in {layer.name}: {100 * np.mean(kernels[0] == 0):.1f} %")
    for name, value in lines:
        print(f"{name}: {value:.4f}")
    packed = len(gzip.compress(content, 9))
    print(f"{len(content)} bytes written, {packed} after gzip")


if __name__ == "__main__":
    main()
