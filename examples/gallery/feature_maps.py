"""What each of eight filters finds in one image.

Lighter is more: where its stroke is, a filter answers.
"""

import pellucid as pl
from pellucid.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Rescaling

pl.set_random_seed(0)
digits = pl.data.load("digits")
layers = [Rescaling(1 / 255), Conv2D(8, 3, padding="same", activation="relu"), MaxPooling2D()]
model = pl.Sequential([Input((8, 8, 1)), *layers, Flatten(), Dense(10)])
loss = pl.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(pl.optimizers.Adam(0.005), loss)
model.fit(digits.x_train, digits.y_train, epochs=12, verbose=0)
picture = pl.insight.feature_maps(model, digits.x_test[2])
