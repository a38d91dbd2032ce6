"""Trains a smaller student to answer as the original model does (distillation), beside two controls.

    pip install tensorflow-cpu
    python keras_distillation.py MODEL.keras|MODEL.h5 plan.json --data train.npz --test test.npz
        [--student STUDENT.keras] [--width 0.75] [--temperature 4] [--soft-weight 0.7]
        [--match LAYER,...] -o student.keras

The student is STUDENT.keras; else the original with the fraction of channels that the plan's channels-N
actions leave, by layer; else, with --width, that fraction of all channels but the last layer's. Its weights
begin as the original's leading channels, or fresh where a shape does not allow that.

Loss: (1 - w) * hard + w * T^2 * KL(teacher || student), both softened by T (Hinton et al. 2015), for class
scores; w * mean square error to the teacher's outputs otherwise; plus --match-weight times the mean square
error of the outputs of the layers in --match (through a trained projection where the widths differ; Romero
et al. 2015). Temperature, weight and layers are the plan's advice where it has one.

Not expressed: quantization and pruning of single weights (run tfmot_training.py on the student),
activations and losses beside class scores and mean square error. The script names such layers.

Controls, trained for the same number of epochs with the same data, order and learning rate: the
uncompressed model, and the student without a teacher. Arrays of the .npz: the inputs by name (or the only one besides
the labels), labels as `labels` or `y` (integers for class scores, else targets).
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


def fractions(plan, model, width):
    """The fraction of channels that each layer keeps, and what is planned but not done here."""
    names = [layer.name for layer in model.layers]
    kept, others = {}, []
    for layer in plan["layers"]:
        match = re.fullmatch(r"channels-(\d+)(-\w+)?", layer["action"])
        if not match:
            if layer["action"] != "keep":
                others.append(f"{layer['site']} ({layer['action']})")
            continue
        wanted = re.split(r"[/;:+, ]", "/".join([layer["layer"] or "", layer["tensor"], layer["name"]]))
        for name in names:
            if name in wanted or name + "_1" in wanted:
                kept[name] = 1 - int(match[1]) / 100
    if width is not None:
        kept |= {name: width for name in names}
    return kept, others


def narrower(model, kept):
    """The same network with fewer channels in its layers, all but the outputs' ones."""
    config = model.get_config()
    last = {tensor._keras_history[0].name for tensor in model.outputs}
    for layer in config["layers"]:
        settings = layer["config"]
        # The extents of what was built are the original's.
        layer.pop("build_config", None)
        name = settings.get("name")
        if name in last or name not in kept:
            continue
        for key in ("filters", "units"):
            if key in settings:
                settings[key] = max(1, round(settings[key] * kept[name]))
    try:
        student = type(model).from_config(config)
    except ValueError as error:
        raise SystemExit(
            f"the planned widths do not fit together ({str(error).splitlines()[0]});"
            " --width narrows all layers alike"
        )
    for layer in student.layers:
        values = []
        for old, new in zip(model.get_layer(layer.name).get_weights(), layer.get_weights()):
            fits = old.ndim == new.ndim and all(n <= o for n, o in zip(new.shape, old.shape))
            # A matrix behind a flattening has its channels spread: leading rows would be wrong ones.
            is_spread = old.ndim == 2 and old.shape[0] != new.shape[0] and "Flatten" in str(
                [type(t._keras_history[0]).__name__ for t in layer._inbound_nodes[0].input_tensors])
            values.append(old[tuple(slice(n) for n in new.shape)] if fits and not is_spread else new)
        layer.set_weights(values)
    return student


class Trainer:
    """Trains with labels, and with a teacher where there is one."""

    def __init__(self, options, is_class):
        self.options, self.is_class = options, is_class

    def hard(self, labels, output):
        if self.is_class:
            chosen = tf.gather(output, tf.cast(tf.reshape(labels, [-1]), tf.int32), axis=1, batch_dims=1)
            return -tf.reduce_mean(tf.math.log(chosen + 1e-9))
        return tf.reduce_mean((output - tf.cast(labels, output.dtype)) ** 2)

    def soft(self, teacher, output):
        if not self.is_class:
            return tf.reduce_mean((output - teacher) ** 2)
        # log p is the scores but for a constant, which the softmax does not see.
        t = self.options.temperature
        p = tf.nn.softmax(tf.math.log(teacher + 1e-9) / t)
        log_p = tf.nn.log_softmax(tf.math.log(teacher + 1e-9) / t)
        log_q = tf.nn.log_softmax(tf.math.log(output + 1e-9) / t)
        return t * t * tf.reduce_mean(tf.reduce_sum(p * (log_p - log_q), -1))

    def train(self, model, data, labels, teacher=None, match=()):
        options = self.options
        outputs = [model.outputs[0]] + [model.get_layer(name).output for name in match]
        watched = keras.Model(model.inputs, outputs)
        watched_teacher = None
        projections = []
        if teacher is not None:
            wanted = [teacher.outputs[0]] + [teacher.get_layer(name).output for name in match]
            watched_teacher = keras.Model(teacher.inputs, wanted)
            for own, other in zip(outputs[1:], wanted[1:]):
                same = own.shape[-1] == other.shape[-1]
                layer = None if same else keras.layers.Dense(other.shape[-1], use_bias=False)
                if layer:
                    layer.build(own.shape)
                projections.append(layer)
        variables = model.trainable_variables + [v for p in projections if p for v in p.trainable_variables]
        optimizer = keras.optimizers.Adam(options.learning_rate)
        optimizer.build(variables)

        @tf.function
        def step(batch, target):
            expected = watched_teacher(batch, training=False) if watched_teacher else None
            if expected is not None and not isinstance(expected, (list, tuple)):
                expected = [expected]
            with tf.GradientTape() as tape:
                got = watched(batch, training=True)
                got = got if isinstance(got, (list, tuple)) else [got]
                loss = self.hard(target, got[0])
                if expected is not None:
                    w = options.soft_weight
                    loss = (1 - w) * loss + w * self.soft(expected[0], got[0])
                    for own, other, layer in zip(got[1:], expected[1:], projections):
                        own = layer(own) if layer else own
                        loss += options.match_weight * tf.reduce_mean((own - other) ** 2)
            optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        order = np.random.default_rng(options.seed)
        for _ in range(options.epochs):
            rows = order.permutation(len(labels))
            for start in range(0, len(rows), options.batch):
                part = rows[start : start + options.batch]
                batch = [tf.constant(array[part]) for array in data]
                step(batch if len(batch) > 1 else batch[0], tf.constant(labels[part]))
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
    parser.add_argument("--student")
    parser.add_argument("--width", type=float)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--soft-weight", type=float)
    parser.add_argument("--match", help="names of layers, with commas")
    parser.add_argument("--match-weight", type=float, default=0.1)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", default="student.keras")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)
    settings = {"temperature": 4.0, "softWeight": 0.7, "match": [], "epochs": 5}
    settings |= next((e["settings"] for e in plan["training"] if e["step"] == "distillation"), {})
    if options.temperature is None:
        options.temperature = settings["temperature"]
    if options.soft_weight is None:
        options.soft_weight = settings["softWeight"]
    options.epochs = options.epochs or settings["epochs"]

    keras.utils.set_random_seed(options.seed)
    teacher = keras.models.load_model(options.model, compile=False)
    kept, others = fractions(plan, teacher, options.width)
    if options.student:
        student = keras.models.load_model(options.student, compile=False)
    elif kept:
        student = narrower(teacher, kept)
    else:
        raise SystemExit("the plan removes no channels: --width 0.75 or --student FILE says what to train")
    names = {layer.name for layer in student.layers} & {layer.name for layer in teacher.layers}
    match = options.match.split(",") if options.match else [n for n in settings["match"] if n in names]
    for name in match:
        if name not in names:
            raise SystemExit(f"--match: no layer of both models is called {name}")
    data, labels = read(options.data, teacher)
    test, answers = read(options.test, teacher)
    is_class = np.issubdtype(labels.dtype, np.integer)

    original = score(teacher, test, answers)
    trainer = Trainer(options, is_class)

    def copy(model):
        other = keras.models.clone_model(model)
        other.set_weights(model.get_weights())
        return other

    control = score(trainer.train(copy(teacher), data, labels), test, answers)
    alone = score(trainer.train(copy(student), data, labels), test, answers)
    trainer.train(student, data, labels, teacher, match)
    student.save(options.output)
    content = tf.lite.TFLiteConverter.from_keras_model(student).convert()
    with open(options.output + ".tflite", "wb") as file:
        file.write(content)
    for name in others:
        print("left as it is:", name)
    print(f"temperature {options.temperature:g}, soft weight {options.soft_weight:g}, matched: {match}")
    print(f"original: {original:.4f} ({teacher.count_params()} parameters)")
    print(f"control, {options.epochs} epochs: {control:.4f}")
    print(f"student without a teacher: {alone:.4f} ({student.count_params()} parameters)")
    print(f"student: {score(student, test, answers):.4f}")
    print(f"{len(content)} bytes written as .tflite")


if __name__ == "__main__":
    main()
