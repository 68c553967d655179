"""scikit-learn's MLPClassifier: `partial_fit` makes one pass over shuffled rows for each epoch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

from benchmarks import jobs, material
from benchmarks.jobs import Job
from benchmarks.peers import protocol


class Sklearn:
    """The network of a job in scikit-learn, which has dense layers and the cross-entropy."""

    def __init__(self, job: Job) -> None:
        self.threads = protocol.blas_threads()
        self.model = MLPClassifier(
            [layer.units for layer in job.layers[:-1]],
            solver=job.optimizer,
            alpha=0.0,
            batch_size=job.batch,
            learning_rate_init=job.rate,
            momentum=job.momentum,
            nesterovs_momentum=False,
            epsilon=1e-7,
        )
        self.classes = np.arange(job.layers[-1].units)
        x = np.zeros((job.batch, *jobs.SHAPES[job.data]), np.float32)
        self.model.partial_fit(x, np.resize(self.classes, job.batch), classes=self.classes)
        for W, b, own in zip(
            self.model.coefs_, self.model.intercepts_, material.weights(job), strict=True
        ):
            W[...], b[...] = own["kernel"], own["bias"]

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train, an epoch for each call."""
        for _ in range(epochs):
            self.model.partial_fit(x, y)
            after_epoch()

    def predict(self, x: Any) -> Any:
        """The logarithms of the probabilities: scores that are normalised already."""
        return np.log(self.model.predict_proba(x))


if __name__ == "__main__":
    protocol.main(Sklearn, {"scikit-learn": sklearn.__version__})
