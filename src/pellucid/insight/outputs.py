"""What a model's outputs say about classes."""

from typing import Any

import numpy as np

from pellucid import nn


def class_probabilities(model: Any, outputs: Any) -> np.ndarray:
    """What a model gives for each class, (N, C), from its outputs, (N, C) or (N, 1).

    Scores become probabilities where the loss takes them as logits, or is a hinge, by softmax or
    sigmoid; other outputs stay as they are.
    """
    outputs = np.asarray(outputs)
    is_scores = getattr(model.loss, "from_logits", False)
    if outputs.shape[-1] == 1:
        p = nn.sigmoid(outputs) if is_scores else outputs
        return np.concatenate([1 - p, p], axis=-1)
    return nn.softmax(outputs) if is_scores else outputs
