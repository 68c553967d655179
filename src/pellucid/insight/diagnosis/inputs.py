"""Checks of the inputs: what cannot be computed with, and what is badly scaled.

Letters: x inputs (N, ...), D features.
"""

from collections.abc import Iterator

import numpy as np

from pellucid.insight.diagnosis.case import Array, Case, parts, plural, short
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.neighbours import twins, twins_by_chance

LECUN = "LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4.3"
NORMALIZE = "Normalization(); normalization.adapt(x_train)"
SOME = 2048  # numbers that show what is common
ENOUGH = 100  # rows from which a deviation is known to 7 %


@check(
    "not-finite-data",
    subject="inputs",
    severity="high",
    what="NaN or infinity in the inputs or targets.",
    why="One NaN makes the loss NaN, and one update with it makes every weight NaN.",
    mend="x = x[np.isfinite(x).all(axis=1)], or fill the gaps with the feature's mean",
    source="IEEE 754: arithmetic with NaN gives NaN",
)
def not_finite_data(case: Case) -> Iterator[Note]:
    """One such number is enough: no tolerance is needed."""
    arrays = parts(case.x) | ({} if case.y is None else {"y": np.asarray(case.y)})
    for name, array in arrays.items():
        if array.dtype.kind != "f" or not array.size:
            continue
        bad = ~np.isfinite(array).reshape(len(array), -1)
        if bad.any():
            row = int(bad.any(axis=1).argmax())
            columns = np.flatnonzero(bad.any(axis=0))
            which = f", in {plural(len(columns), 'feature')}" if array.ndim == 2 else ""
            axes = tuple(range(1, array.ndim))
            good = f"np.isfinite({name})" + (f".all(axis={axes})" if axes else "")
            yield Note(
                f"{plural(int(bad.sum()), 'value')} of {bad.size:,} are NaN or infinite{which}; "
                f"the first in row {row}",
                f"good = {good}; x, y = x[good], y[good]; or fill in the feature's mean",
                name,
            )


@check(
    "unscaled-inputs",
    subject="inputs",
    severity="medium",
    what="Inputs far larger or smaller than 1 reach the first layer with weights.",
    why="Initial weights are made for inputs of variance 1; inputs k times as large make the first "
    "scores k times and the curvature of the loss k² times as large, so that no one learning rate "
    "fits.",
    mend="put Normalization() first and adapt it to x_train; or Rescaling(1 / 255) for bytes",
    source=LECUN,
)
def unscaled_inputs(case: Case) -> Iterator[Note]:
    """The root mean square is above 10, or the largest magnitude below 0.1: an order of magnitude
    off the variance of 1 that the text asks for, which is a hundred times the curvature. High above
    100, where the curvature is 10,000 times as large."""
    first = case.looks[0] if case.looks else None
    if first is None or not first.inputs.get("is_data"):
        return
    rms, largest = first.inputs["rms"], first.inputs["largest"]
    if 0 < largest < 0.1 or rms > 10:
        is_bytes = largest <= 255 and rms > 10 and _is_whole(case)
        scale = "Rescaling(1 / 255)" if is_bytes and largest > 100 else NORMALIZE
        yield Note(
            f"the first weighted layer is given numbers of root mean square {short(rms)}, up to "
            f"{short(largest)}",
            f"let the model begin with {scale}",
            "x",
            "high" if rms > 100 else None,
        )


@check(
    "uneven-features",
    subject="inputs",
    severity="medium",
    what="One feature lies on another scale than the others.",
    why="The loss then is a long narrow valley: the learning rate that the widest feature allows "
    "is far too small for the others, which need (ratio of deviations)² as many steps.",
    mend="put Normalization() first and adapt it to x_train",
    source=LECUN,
)
def uneven_features(case: Case) -> Iterator[Note]:
    """In a table (N, D), the largest deviation of a feature is above 10 times the median one: a
    condition number of 100 or more; high above 100 times. Features of two values are left out; so
    are models that normalise their inputs."""
    for name, x in parts(case.x).items():
        if x.ndim != 2 or x.dtype.kind not in "iuf" or _normalises_first(case) or case.looks_up:
            continue
        x = x[case.sample[:: max(1, len(case.sample) // ENOUGH)]]
        deviation = x.std(axis=0, dtype=None if x.dtype.kind == "f" else "float64")
        if not np.isfinite(deviation).all():
            continue
        many = ((x != x.min(axis=0)) & (x != x.max(axis=0))).any(axis=0)  # a third value
        if many.sum() < 2:
            continue
        middle, widest = float(np.median(deviation[many])), int((deviation * many).argmax())
        if deviation[widest] > 10 * middle:
            yield Note(
                f"feature {widest} has deviation {short(deviation[widest])}, the median feature "
                f"{short(middle)}: {short(deviation[widest] / middle)} times as much",
                f"let the model begin with {NORMALIZE}",
                f"{name}[:, {widest}]",
                "high" if deviation[widest] > 100 * middle else None,
            )


@check(
    "constant-features",
    subject="inputs",
    severity="low",
    what="Features that never vary.",
    why="A constant tells examples apart in nothing; it acts as one more bias, and dividing by its "
    "deviation of 0 gives NaN.",
    mend="x = x[:, x.std(axis=0) > 0]",
    source="Guyon, Elisseeff 2003, An Introduction to Variable and Feature Selection, section 2",
)
def constant_features(case: Case) -> Iterator[Note]:
    """In a table (N, D) of 20 rows or more, a feature has one value, and it is not the commonest of
    those that vary; or most of the features have one value. What is always at the commonest value
    is left alone: the border of an image that was unrolled, a rare word. With 20 rows, even a yes
    or no of share 0.2 is constant in fewer than 2 % of samples (0.8^20)."""
    for name, x in parts(case.x).items():
        if x.ndim != 2 or len(x) < 20 or x.dtype.kind not in "iuf" or case.looks_up:
            continue
        constant = (x == x[:1]).all(axis=0)
        told = constant & (x[0] != _background(x, ~constant))
        if constant.sum() > x.shape[1] / 2:
            told = constant
        if told.any():
            which = np.flatnonzero(told)
            first = int(which[0])
            more = f" and {len(which) - 1:,} more" if len(which) > 1 else ""
            yield Note(
                f"feature {first}{more} of {x.shape[1]:,} always "
                f"{'have' if more else 'has'} the same value ({short(float(x[0, first]))})",
                f"keep = {name}.std(axis=0) > 0; {name} = {name}[:, keep]",
                f"{name}[:, {first}]",
            )


@check(
    "twins-in-validation",
    subject="inputs",
    severity="medium",
    what="Rows that stand in the training and in the validation part.",
    why="What was learned by heart is counted as understood: the validation looks better than new "
    "data will.",
    mend="drop duplicates before splitting: x, rows = np.unique(x, axis=0, return_index=True)",
    source="Barz, Denzler 2020, Do We Train on Test Data? (3.3 % of CIFAR-10's test rows have "
    "twins)",
)
def twins_in_validation(case: Case) -> Iterator[Note]:
    """More than 1 % of the validation rows are training rows to the last bit, and chance does not
    explain it: were features independent, fewer than a tenth of those would be expected."""
    if case.validation is None or case.x is None:
        return
    for (name, x), other in zip(
        parts(case.x).items(), parts(case.validation[0]).values(), strict=False
    ):
        if x.shape[1:] != other.shape[1:] or not len(other):
            continue
        found = twins(x, other.astype(x.dtype))
        few = x[case.sample].reshape(len(case.sample), -1)
        expected = twins_by_chance(few) * len(x) * len(other)
        if found > 0.01 * len(other) and expected < found / 10:
            yield Note(
                f"{found:,} of {len(other):,} validation rows "
                f"({100 * found / len(other):.1f} %) stand in the training rows too",
                "known = {row.tobytes() for row in x}; new = [row.tobytes() not in known for row "
                "in x_val]; x_val, y_val = x_val[new], y_val[new]",
                f"validation, {name}",
            )
            return


def _background(x: Array, features: Array) -> float:
    """The commonest number of these features, as far as some of them show; NaN for none."""
    chance, columns = np.random.default_rng(0), np.flatnonzero(features)
    if not columns.size:
        return float("nan")
    chosen = chance.integers(len(x), size=SOME), columns[chance.integers(len(columns), size=SOME)]
    values, times = np.unique(x[chosen], return_counts=True)
    return float(values[times.argmax()])


def _is_whole(case: Case) -> bool:
    """Whether the inputs are whole numbers."""
    return all((a[:64] % 1 == 0).all() for a in parts(case.x).values() if a.dtype.kind in "iuf")


def _normalises_first(case: Case) -> bool:
    """Whether something that brings features to one scale stands before the first weights."""
    for layer in case.model.all_layers():
        name = type(layer).__name__
        if name in ("Normalization", "BatchNormalization", "LayerNormalization"):
            return True
        if hasattr(layer, "kernel"):
            return False
    return False
