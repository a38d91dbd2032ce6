#!/usr/bin/env python3
"""Makes sweep inputs of data that is stored in another form: sweep_data.py DATA FOLDER

DATA is the data folder of the shared models. PyPI packages: numpy.
"""

import sys

import numpy as np


def main():
    data, folder = sys.argv[1:]
    # Keyword features are stored as the int8 model takes them (models/README.md).
    words = np.load(data + "/kws01_features_int8.npy").astype(np.float32)
    np.save(folder + "/kws.npy", (words - 83) * np.float32(0.5847029))
    # Windows of five frames, one every eight.
    sounds = np.load(data + "/ad01_spectrograms_f32.npy").reshape(-1, 200, 128)
    windows = [s[i : i + 5].reshape(-1) for s in sounds for i in range(0, 196, 8)]
    np.save(folder + "/ad.npy", np.stack(windows).astype(np.float32))


main()
