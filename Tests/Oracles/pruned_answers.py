"""Right answers of cifar_dscnn with 80 % of a layer's least weights gone, counted with Keras.

Needs the PyPI packages tensorflow and keras; the argument is the folder of the shared models.
"""

import sys

import keras
import numpy as np

shared = sys.argv[1] + "/"
model = keras.models.load_model(shared + "trained/cifar_dscnn/cifar_dscnn.keras", compile=False)
images = np.load(shared + "data/cifar10_jpeg_test_images.npy").astype(np.float32) / 255
labels = np.load(shared + "data/cifar10_jpeg_test_labels.npy")
for name in ("b2_dw", "b5_dw", "b6_dw"):
    layer = model.get_layer(name)
    stored = layer.get_weights()
    kernel = stored[0]
    order = np.argsort(np.abs(kernel).ravel(), kind="stable")
    for count in (int(0.8 * kernel.size), round(0.8 * kernel.size)):
        pruned = kernel.ravel().copy()
        pruned[order[:count]] = 0
        layer.set_weights([pruned.reshape(kernel.shape)] + stored[1:])
        answers = model.predict(images, batch_size=250, verbose=0).argmax(1)
        print(name, kernel.size, count, int((answers == labels).sum()))
    layer.set_weights(stored)
