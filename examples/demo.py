"""The whole way of a small network, on 1,797 handwritten digits: data, model, training, test, file,
and a prediction by another process. Everything that it writes goes to the folder `demo/`."""

import json
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

import pellucid as pl
from pellucid import data, insight
from pellucid.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Normalization
from pellucid.losses import SparseCategoricalCrossentropy

OUT = Path("demo")
WANTED = 0.975  # accuracy on digits that the network has not seen
SHADES = " ░▒▓█"


def make_model(images) -> pl.Sequential:
    """A convolutional network that prepares its input itself and gives one score a class."""
    prepare = Normalization()
    relu = {"activation": "relu", "kernel_initializer": "he_normal"}
    model = pl.Sequential(
        [
            Input(images.shape[1:]),
            prepare,
            Conv2D(16, 3, padding="same", **relu),
            Conv2D(32, 3, padding="same", **relu),
            MaxPooling2D(),
            Flatten(),
            Dense(64, **relu),
            Dense(10),
        ]
    )
    prepare.adapt(images)
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def main() -> None:
    """Every step, and what came of it."""
    started = time.monotonic()
    OUT.mkdir(exist_ok=True)
    pl.set_random_seed(0)

    digits = data.load("digits")
    print(f"1  The data   {digits.describe()}")

    model = make_model(digits.x_train)
    print(f"2  The model  {len(model.layers)} layers, {model.count_params():,} parameters\n")
    x, y, *validation = data.split(digits.x_train, digits.y_train, 0.1)
    history = model.fit(x, y, epochs=12, validation_data=tuple(validation))

    accuracy = model.evaluate(digits.x_test, digits.y_test, verbose=0, return_dict=True)["accuracy"]
    print(f"\n3  The test   {accuracy:.1%} of {len(digits.y_test)} unseen digits are read right")

    model.notes = {"classes": digits.class_names, "image": digits.preparation.to_config()}
    model.save(OUT / "digits.safetensors")
    print(f"4  The file   {OUT}/digits.safetensors: layers, weights, preparation; no pickle")

    image, truth = digits.x_test[5, :, :, 0], digits.class_names[digits.y_test[5]]
    Image.fromarray(image).save(OUT / "digit.png")
    print(f"5  A picture  {OUT}/digit.png, which nobody has shown it yet:\n")
    print("\n".join(" " * 14 + "".join(2 * SHADES[v // 52] for v in row) for row in image))

    command = ["predict", f"{OUT}/digits.safetensors", f"{OUT}/digit.png"]
    python = [sys.executable, "-m", "pellucid"]
    answer = subprocess.run([*python, *command, "--json"], check=True, stdout=subprocess.PIPE)
    said = json.loads(answer.stdout)[0]
    print(f"\n6  Read by another process:  pellucid {' '.join(command)}")
    print(f"              It is a {said['class']}, by {said['probability']:.1%}.")

    insight.learning_curve(history).savefig(OUT / "learning-curve.png")
    scores = model.predict(digits.x_test)
    confusion = insight.confusion_matrix(digits.y_test, scores, digits.class_names)
    confusion.savefig(OUT / "confusion-matrix.png")
    print(f"7  To look at {OUT}/learning-curve.png, {OUT}/confusion-matrix.png")

    print(f"\nDone in {time.monotonic() - started:.0f} s.")
    if accuracy < WANTED or said["class"] != truth:
        sys.exit(
            f"FAILED: accuracy {accuracy:.4f} (at least {WANTED}), {said['class']} for {truth}"
        )


if __name__ == "__main__":
    main()
