"""Trains the layers that a plan makes binary or ternary, with Keras, beside a control.

    pip install tensorflow-cpu
    python binary_training.py MODEL.keras|MODEL.h5 plan.json --data train.npz --test test.npz
        [--layers LAYER,... --form binary|ternary] [--epochs 10] -o binary.keras

Expressed: binary weights, s * sign(w) with s = mean |w| of each output channel (Rastegari et al. 2016), and
ternary ones, s * sign(w) where |w| > 0.7 mean |w| and 0 elsewhere (Li et al. 2016). Each step runs with
the coded weights and changes the real ones by their gradient, which passes where |w| is at most the clip
(straight-through; Courbariaux et al. 2015). The file has the coded weights as floats: no format that Keras
writes packs them, so the script says what packed ones would take.
Not expressed: binary activations, every other action of the plan. The script names such layers; they are
trained as they are.

Controls, trained for the same number of epochs with the same data, order and learning rate: the uncompressed
model; and the coded weights without training. Arrays of the .npz: the inputs by name (or the only one
besides the labels), labels as `labels` or `y` (integers for class scores, else targets).
"""

import argparse
import json
import os
import re

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf


def read(path, model):
    """Inputs and labels of a .npz."""
    data = np.load(path)
    label = next((name for name in ("labels", "y") if name in data), None)
    if label is None:
        raise SystemExit(f"{path}: no array is called labels or y")
    rest = [name for name in data.files if name != label]
    names = [tensor.name.split(":")[0] for tensor in model.inputs]
    arrays = [data[name] if name in data else data[rest[index]] for index, name in enumerate(names)]
    return [array.astype(np.float32) for array in arrays], data[label]


def kernel(layer):
    """The weights that are coded, and the axes over which a scale is one."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return layer.kernel, [0, 1]
    if isinstance(layer, (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D, keras.layers.Dense)):
        return layer.kernel, list(range(len(layer.kernel.shape) - 1))
    return None


def planned(plan, model, options):
    """The form of each layer that is coded, and what is planned but not done here."""
    forms, others = {}, []
    for layer in plan["layers"]:
        match = re.match(r"(binary|ternary)(?!-activations)", layer["action"])
        wanted = re.split(r"[/;:+, ]", "/".join([layer["layer"] or "", layer["tensor"], layer["name"]]))
        name = next((l.name for l in model.layers if l.name in wanted or l.name + "_1" in wanted), None)
        if match and name:
            forms[name] = match[1]
        elif layer["action"] != "keep":
            others.append(f"{layer['site']} ({layer['action']})")
    for name in (options.layers or "").split(","):
        if name:
            forms[name] = options.form
    for name in list(forms):
        if name not in [layer.name for layer in model.layers]:
            raise SystemExit(f"--layers: no layer is called {name}")
        if kernel(model.get_layer(name)) is None:
            others.append(f"{name} ({forms.pop(name)}: only dense layers and convolutions are coded)")
    return forms, others


def coded(weights, axes, form):
    """What the stored form stands for."""
    size = tf.abs(weights)
    if form == "binary":
        # The sign of 0 is taken as +1: the form has no 0.
        return tf.reduce_mean(size, axes, keepdims=True) * tf.where(weights < 0, -1.0, 1.0)
    stays = tf.cast(size > 0.7 * tf.reduce_mean(size, axes, keepdims=True), weights.dtype)
    count = tf.maximum(tf.reduce_sum(stays, axes, keepdims=True), 1)
    return tf.reduce_sum(size * stays, axes, keepdims=True) / count * tf.sign(weights) * stays


def train(model, data, labels, options, forms):
    """Trains, with coded weights where `forms` names layers; they are left coded at the end."""
    is_class = np.issubdtype(labels.dtype, np.integer)
    kernels = [(*kernel(model.get_layer(name)), form) for name, form in forms.items()]
    places = {id(variable): (axes, form) for variable, axes, form in kernels}
    variables = model.trainable_variables
    optimizer = keras.optimizers.Adam(options.learning_rate)
    optimizer.build(variables)

    @tf.function
    def step(batch, target):
        real = [tf.identity(variable.value) for variable, _, _ in kernels]
        for (variable, axes, form), value in zip(kernels, real):
            variable.assign(coded(value, axes, form))
        with tf.GradientTape() as tape:
            output = model(batch, training=True)
            if is_class:
                chosen = tf.gather(output, tf.cast(tf.reshape(target, [-1]), tf.int32), axis=1, batch_dims=1)
                loss = -tf.reduce_mean(tf.math.log(chosen + 1e-9))
            else:
                loss = tf.reduce_mean((output - tf.cast(target, output.dtype)) ** 2)
        gradients = tape.gradient(loss, variables)
        for (variable, _, _), value in zip(kernels, real):
            variable.assign(value)
        gradients = [
            gradient * tf.cast(tf.abs(variable.value) <= options.clip, gradient.dtype)
            if id(variable) in places else gradient
            for gradient, variable in zip(gradients, variables)
        ]
        optimizer.apply(gradients, variables)

    order = np.random.default_rng(options.seed)
    for _ in range(options.epochs):
        rows = order.permutation(len(labels))
        for start in range(0, len(rows), options.batch):
            part = rows[start : start + options.batch]
            batch = [tf.constant(array[part]) for array in data]
            step(batch if len(batch) > 1 else batch[0], tf.constant(labels[part]))
    return code(model, forms)


def code(model, forms):
    for name, form in forms.items():
        variable, axes = kernel(model.get_layer(name))
        variable.assign(coded(tf.convert_to_tensor(variable), axes, form))
    return model


def score(model, data, labels):
    """Share of right answers, or the mean square error."""
    output = model.predict(data if len(data) > 1 else data[0], batch_size=64, verbose=0)
    if np.issubdtype(labels.dtype, np.integer):
        return float((output.argmax(-1) == labels.reshape(-1)).mean())
    return float(np.mean((output - labels) ** 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("plan")
    parser.add_argument("--data", required=True, help=".npz to train with")
    parser.add_argument("--test", required=True, help=".npz that training does not see")
    parser.add_argument("--layers", help="names of further layers, with commas")
    parser.add_argument("--form", choices=["binary", "ternary"], default="binary")
    parser.add_argument("--clip", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", default="binary.keras")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)
    settings = {"clip": 1.0, "epochs": 10}
    settings |= next((e["settings"] for e in plan["training"] if e["step"] == "binary"), {})
    options.clip = settings["clip"] if options.clip is None else options.clip
    options.epochs = options.epochs or settings["epochs"]

    keras.utils.set_random_seed(options.seed)
    model = keras.models.load_model(options.model, compile=False)
    forms, others = planned(plan, model, options)
    if not forms:
        raise SystemExit("the plan makes no layer binary or ternary: --layers NAME says which to train")
    data, labels = read(options.data, model)
    test, answers = read(options.test, model)

    def copy():
        other = keras.models.clone_model(model)
        other.set_weights(model.get_weights())
        return other

    original = score(model, test, answers)
    control = score(train(copy(), data, labels, options, {}), test, answers)
    untrained = score(code(copy(), forms), test, answers)
    trained = train(copy(), data, labels, options, forms)
    trained.save(options.output)
    for name in others:
        print("left as it is:", name)
    packed = 4 * trained.count_params()
    for name, form in forms.items():
        variable, axes = kernel(trained.get_layer(name))
        values = int(np.prod(variable.shape))
        scales = values // int(np.prod([variable.shape[axis] for axis in axes]))
        packed -= 4 * values - (values * (1 if form == "binary" else 2) + 7) // 8 - 4 * scales
        print(f"{form}: {name}, {values} weights in {scales} channels")
    print(f"original: {original:.4f} ({4 * trained.count_params()} bytes of weights)")
    print(f"control, {options.epochs} epochs: {control:.4f}")
    print(f"coded without training: {untrained:.4f}")
    print(f"trained, {options.epochs} epochs: {score(trained, test, answers):.4f} ({packed} bytes packed)")


if __name__ == "__main__":
    main()
