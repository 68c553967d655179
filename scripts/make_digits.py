"""Packs scikit-learn's copy of the UCI digits into src/pellucid/data/digits.npz.

Run once, by hand, where scikit-learn is installed and `src` is on the path:

    PYTHONPATH=src python scripts/make_digits.py

The file is the same, byte for byte, each time it is made by the same NumPy and zlib. The test part
is chosen here and stored, so that it stays fixed whatever becomes of random number generators. See
src/pellucid/data/digits.LICENSE.txt for the source and what is changed.
"""

from pathlib import Path

import numpy as np

from pellucid.data.sets import split

TARGET = Path(__file__).parents[1] / "src" / "pellucid" / "data" / "digits.npz"


def main() -> None:
    """Read, scale, split, write."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x = np.round(images * 255 / 16).astype(np.uint8).reshape(-1, 8, 8, 1)
    x_train, y_train, x_test, y_test = split(x, labels.astype(np.uint8), fraction=0.2, seed=0)
    np.savez_compressed(TARGET, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
