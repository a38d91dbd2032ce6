"""Expected numbers of calibration: pictures, resizing, ranges.

Needs numpy, pillow, tensorflow. Writes

    FOLDER/resize.json      images resized by tf.image.resize, and by Keras' smart_resize
    FOLDER/ranges.json      a distribution, and the range that each method chooses
    FOLDER/picture.png …    small pictures and, in pictures.json, what TensorFlow decodes
    FOLDER/small.npz …      archives as NumPy writes them

Running it again gives the same bytes. With --reach it also prints where a normal distribution is
clipped with the least error, for each number of bits.

    python calibration_oracle.py ../CalibrationTests/Fixtures
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def save(name, value):
    (folder / name).write_text(json.dumps(value, indent=None, separators=(",", ":")) + "\n")


# --- Resizing: float32 results are written with all their digits.


def floats(array):
    return [float(x) for x in np.asarray(array, np.float32).ravel()]


def resizing():
    rng = np.random.default_rng(7)
    cases = []
    for height, width, channels, new_height, new_width in [
        (5, 7, 3, 8, 4),
        (4, 4, 1, 9, 9),
        (16, 12, 3, 5, 7),
        (1, 1, 3, 3, 2),
        (6, 6, 1, 6, 6),
        (9, 8, 3, 4, 13),
    ]:
        image = rng.integers(0, 256, (height, width, channels)).astype(np.uint8)
        case = {
            "sizes": [height, width, channels],
            "target": [new_height, new_width],
            "samples": image.ravel().tolist(),
        }
        for method in ["bilinear", "nearest"]:
            resized = tf.image.resize(image, [new_height, new_width], method=method, antialias=False)
            case[method] = floats(resized.numpy())
        smart = tf.keras.preprocessing.image.smart_resize(
            image.astype(np.float32), (new_height, new_width), interpolation="bilinear"
        )
        case["center"] = floats(smart)
        cases.append(case)
    save("resize.json", cases)


# --- Pictures


def pictures():
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:11, 0:13]
    smooth = np.stack([x * 19, y * 23, (x + y) * 10], -1).astype(np.uint8)
    grey = rng.integers(0, 256, (6, 9)).astype(np.uint8)
    Image.fromarray(smooth).save(folder / "colour.png")
    Image.fromarray(grey).save(folder / "grey.png")
    Image.fromarray(smooth).quantize(16).save(folder / "palette.png")
    alpha = np.concatenate([smooth, np.full((11, 13, 1), 77, np.uint8)], -1)
    Image.fromarray(alpha, "RGBA").save(folder / "alpha.png")
    Image.fromarray((grey.astype(np.uint16) << 8) | 0x55).save(folder / "deep.png")
    Image.fromarray(smooth).save(folder / "colour.jpg", quality=90)
    Image.fromarray(smooth).save(folder / "progressive.jpg", quality=80, progressive=True)
    Image.fromarray(grey).save(folder / "grey.jpg", quality=95)
    Image.fromarray(alpha, "CMYK").save(folder / "cmyk.jpg", quality=90)
    result = {}
    for name in ["colour.png", "grey.png", "palette.png", "alpha.png", "deep.png", "colour.jpg",
                 "progressive.jpg", "grey.jpg"]:
        data = tf.io.read_file(str(folder / name))
        for channels in [1, 3]:
            if name.endswith(".jpg"):
                image = tf.io.decode_jpeg(data, channels=channels, dct_method="INTEGER_ACCURATE")
            else:
                image = tf.io.decode_png(data, channels=channels)
            result[f"{name}/{channels}"] = {
                "sizes": list(image.shape),
                "samples": image.numpy().ravel().tolist(),
            }
    save("pictures.json", result)


# --- Ranges: the methods in the plainest form, over all values where that is possible.


def bin_grid(values, count):
    """The least power of two for which all values fit `count` bins that begin at multiples of it."""
    low, high = float(values.min()), float(values.max())
    exponent = math.frexp(max(abs(low), abs(high)))[1] - 1 - 40
    while math.floor(high * 2.0**-exponent) - math.floor(low * 2.0**-exponent) >= count:
        exponent += 1
    width = 2.0**exponent
    base = math.floor(low / width)
    counts = np.bincount((np.floor(values.astype(np.float64) / width) - base).astype(int),
                         minlength=count)
    return width, base, counts


def folded(width, base, counts):
    result = {}
    for index, n in enumerate(counts):
        if n:
            place = base + index
            place = place if place >= 0 else -place - 1
            result[place] = result.get(place, 0) + int(n)
    return np.array([result.get(i, 0) for i in range(max(result) + 1)], float)


def entropy(width, bins, levels):
    if len(bins) <= levels:
        return None
    best = (np.inf, None)
    for count in range(levels, len(bins) + 1):
        inside = bins[:count]
        p = inside.copy()
        p[-1] += bins[count:].sum()
        p /= bins.sum()
        q = np.zeros(count)
        for level in range(levels):
            a, b = level * count // levels, (level + 1) * count // levels
            filled = inside[a:b] > 0
            if filled.any():
                q[a:b][filled] = inside[a:b].sum() / filled.sum()
        q = q / inside.sum() if inside.sum() else q
        used = p > 0
        kl = float(np.sum(p[used] * np.log(p[used] / np.maximum(q[used], 1e-9))))
        if inside.sum() and kl < best[0]:
            best = (kl, count)
    return best[1] * width


def clipping(values, bits, weight):
    """The noise over the values themselves, not over bins."""
    low, high = min(values.min(), 0), max(values.max(), 0)
    best = (np.inf, None)
    for share in range(100, 0, -1):
        a, b = low * share / 100, high * share / 100
        step = (b - a) / (2**bits - 1)
        outside = np.concatenate([a - values[values < a], values[values > b] - b])
        inside = ((values >= a) & (values <= b) & (values != 0)).sum()
        cost = inside * step**2 / 12 + weight * (outside**2).sum()
        if cost < best[0]:
            best = (cost, (float(a), float(b)))
    return best[1]


def octav(values, bits):
    magnitudes = np.abs(values[values != 0]).astype(np.float64)
    one_sided = values.min() >= 0 or values.max() <= 0
    factor = 4.0**-bits / (12 if one_sided else 3)
    bound = magnitudes.mean()
    for _ in range(200):
        outside = magnitudes[magnitudes > bound]
        bound = outside.sum() / (factor * (len(magnitudes) - len(outside)) + len(outside))
    return float(bound)


def ranges():
    rng = np.random.default_rng(11)
    result = []
    # Multiples of 1/1024, so that the file stays small.
    def numbers(values):
        return (np.round(values * 1024) / 1024).astype(np.float32)

    laplace = numbers(rng.laplace(0.1, 0.5, 900))
    relu = numbers(np.maximum(rng.normal(0, 1, 900), 0))
    heavy = numbers(rng.standard_t(3, 900) * 0.3)
    for name, values in [("laplace", laplace), ("relu", relu), ("heavy", heavy)]:
        wide = values.astype(np.float64)
        width, base, counts = bin_grid(values, 512)
        bound = entropy(width, folded(width, base, counts), 128)
        result.append({
            "name": name,
            "units": [int(x * 1024) for x in values],
            "width": width,
            "base": base,
            "counts": counts.tolist(),
            "entropy": bound,
            "percentile": {
                str(share): [float(np.quantile(wide, (1 - share / 100) / 2, method="inverted_cdf")),
                             float(np.quantile(wide, 1 - (1 - share / 100) / 2,
                                               method="inverted_cdf"))]
                for share in [90, 99, 99.9]
            },
            "mse": clipping(wide, 4, 1),
            "sqnr": clipping(wide, 4, 3),
            "octav": octav(values, 4),
        })
    save("ranges.json", result)


# --- Mean and deviation: where a normal distribution is clipped with the least error.


def reach():
    def cost(k, bits):
        m = 2 ** (bits - 1) - 1
        z = np.linspace(-9, 9, 60001)
        density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        step = k / m
        coded = np.clip(np.round(z / step), -m, m) * step
        return float(np.sum((z - coded) ** 2 * density) * (z[1] - z[0]))

    result = {}
    for bits in [8, 6, 4, 3, 2]:
        candidates = np.arange(0.8, 6, 0.02)
        result[bits] = float(candidates[int(np.argmin([cost(k, bits) for k in candidates]))])
    print(result)


# --- Archives


def archives():
    values = np.arange(24, dtype=np.float32).reshape(4, 2, 3) / 10
    np.savez(folder / "small.npz", image=values, labels=np.array([2, 0, 1, 2]))
    np.savez_compressed(folder / "compressed.npz", image=values, y=np.array([1, 1, 0, 0]))
    np.save(folder / "small.npy", values)
    broken = values.copy()
    broken[2, 1, 0] = np.nan
    np.save(folder / "nan.npy", broken)


resizing()
pictures()
ranges()
archives()
if "--reach" in sys.argv:
    reach()
