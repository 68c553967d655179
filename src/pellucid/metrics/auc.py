"""The area under a curve that a threshold draws as it goes from 0 to 1.

Letters: y targets, p outputs; N examples, L labels of each; T thresholds; tp, fp, tn, fn as in
confusion.py, for each threshold.
"""

from typing import Any

from pellucid import nn
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError
from pellucid.losses.loss import EPSILON
from pellucid.metrics.confusion import confusion, in_gaps
from pellucid.metrics.metric import Metric, are_scores, ratio, registry
from pellucid.settings import one_of, share, whole
from pellucid.targets import as_array, as_output, check_indicators, indicators, spread_over


@registry.register
class AUC(Metric):
    """The area under the ROC curve, or that of precision against recall, by sums over thresholds.

    `curve` "ROC": recall tp / (tp + fn) against the share of false alarms fp / (fp + tn). "PR":
    precision tp / (tp + fp) against recall. The area is that of the strips between neighbouring
    thresholds; `summation_method` says how high they are: "interpolation" (halfway between their
    two ends; under "PR" by the formula of Davis and Goadrich 2006), "minoring" (the lower end) or
    "majoring" (the higher).

    `num_thresholds`, evenly from just below 0 to just above 1; or `thresholds` between the two.
    y_true: 0 or 1 for each output, or class numbers. All outputs are taken together, unless
    `multi_label`: then the result is the mean of the labels' areas, weighted with `label_weights`;
    without `multi_label` those weigh outputs. `num_labels` is only checked. `from_logits`: outputs
    are scores, of which the sigmoid is taken first.
    """

    sums = ("gaps",)
    larger_is_better = True

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name)
        whole(self, "num_thresholds", num_thresholds, 2, "Try 200.")
        self.num_thresholds, self.thresholds = num_thresholds, thresholds
        self.curve = one_of(self, "curve", curve, ("ROC", "PR"))
        methods = ("interpolation", "minoring", "majoring")
        self.summation_method = one_of(self, "summation_method", summation_method, methods)
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights, self.from_logits = label_weights, from_logits
        steps = num_thresholds - 1
        inner = [i / steps for i in range(1, steps)] if thresholds is None else thresholds
        inner = sorted(share(self, "thresholds", t, "Try num_thresholds.") for t in inner)
        self.limits = [-EPSILON, *inner, 1 + EPSILON]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), each example that many times."""
        p = as_output(as_array(y_pred))
        y = indicators(type(self).__name__, as_array(y_true, y_pred), p)
        p, xp = nn.sigmoid(p) if self.from_logits else p, engine_of(p).xp
        if self.label_weights is not None and not self.multi_label:
            ones = xp.ones(p.shape)
            weight = ones if sample_weight is None else spread_over(sample_weight, ones)
            sample_weight = weight * xp.asarray(self.label_weights)
        self.gaps = self.gaps + in_gaps(y, p, sample_weight, self.limits, self.multi_label)

    def result(self) -> float:
        """The area; with `multi_label` the mean over the labels."""
        tp, fp, tn, fn = confusion(self.gaps, len(self.limits))
        xp, recall = engine_of(tp).xp, ratio(tp, tp + fn)
        if self.curve == "PR" and self.summation_method == "interpolation":
            area = between_precisions(tp, fp, fn).sum(axis=0)
        else:
            x, height = recall, ratio(tp, tp + fp)
            if self.curve == "ROC":
                x, height = ratio(fp, fp + tn), recall
            one, other = height[:-1], height[1:]
            strips = {
                "interpolation": (one + other) / 2,
                "minoring": xp.minimum(one, other),
                "majoring": xp.maximum(one, other),
            }
            area = ((x[:-1] - x[1:]) * strips[self.summation_method]).sum(axis=0)
        if not self.multi_label or self.label_weights is None:
            return float(area.mean())
        weight = xp.asarray(self.label_weights)
        return float(ratio((area * weight).sum(), weight.sum()))

    def check(self, y: Array, output_shape: tuple) -> None:
        """Targets for each output, or class numbers; and as many labels as were said."""
        check_indicators(type(self).__name__, y, output_shape)
        L = output_shape[-1]
        weights = None if self.label_weights is None else len(self.label_weights)
        for name, count in (("num_labels", self.num_labels), ("label_weights", weights)):
            if count not in (None, L):
                where, expected = type(self).__name__, f"{name} for {L} outputs"
                raise SettingError(where, expected, str(count), "Give each output its own.")

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Take outputs as scores where the loss does."""
        self.from_logits = are_scores(self, loss, alone=True)


def between_precisions(tp: Array, fp: Array, fn: Array) -> Array:
    """The strips (T - 1, ...) under the curve of precision against recall, true to its bend.

    Between two thresholds tp grows in proportion to tp + fp; precision does not. With slope the
    growth of tp over that of tp + fp, and tp = slope (tp + fp) + start, the integral of precision
    over tp is slope (growth of tp + start ln of the growth of tp + fp) (Davis and Goadrich 2006).
    """
    xp, taken = engine_of(tp).xp, tp + fp
    growth = tp[:-1] - tp[1:]
    slope = ratio(growth, taken[:-1] - taken[1:])
    start = tp[1:] - slope * taken[1:]
    both = (taken[:-1] > 0) & (taken[1:] > 0)
    times = xp.where(both, ratio(taken[:-1], taken[1:]), 1.0)
    return ratio(slope * (growth + start * xp.log(times)), tp[1:] + fn[1:])
