"""One description of the networks for Pellucid and Keras alike: they share their layers' names.

`L` is the module of layers, `models` whatever holds `Sequential` and `Model`.
"""

from typing import Any

from benchmarks import jobs, material
from benchmarks.jobs import Job


def build(job: Job, L: Any, models: Any, regularizers: Any) -> Any:
    """The job's network, starting from the job's weights."""
    made: list[Any] = []  # the layers with weights, in the order of `material.weights`

    def layer(spec: Any) -> Any:
        match spec:
            case jobs.Dense(units, relu):
                decay = regularizers.L2(job.l2) if job.l2 else None
                made.append(L.Dense(units, activation(relu), kernel_regularizer=decay))
            case jobs.Conv(filters, kernel, padding, stride, bias, relu):
                settings = {"strides": stride, "padding": padding, "use_bias": bias}
                made.append(L.Conv2D(filters, kernel, activation=activation(relu), **settings))
            case jobs.BatchNorm():
                made.append(L.BatchNormalization())
            case _:
                return without_weights(spec, L)
        return made[-1]

    shape = jobs.SHAPES[job.data]
    if any(isinstance(spec, jobs.Block) for spec in job.layers):
        inputs = x = L.Input(shape)
        for spec in job.layers:
            x = residual(spec, x, L, layer) if isinstance(spec, jobs.Block) else layer(spec)(x)
        model = models.Model(inputs, x)
    else:
        model = models.Sequential([L.Input(shape), *(layer(spec) for spec in job.layers)])
    for each, values in zip(made, material.weights(job), strict=True):
        for name, value in values.items():
            getattr(each, name).assign(value)
    return model


def activation(relu: bool) -> str | None:
    """The name of an activation."""
    return "relu" if relu else None


def without_weights(spec: Any, L: Any) -> Any:
    """A layer that only computes."""
    match spec:
        case jobs.Relu():
            return L.Activation("relu")
        case jobs.Pool(size):
            return L.MaxPooling2D(size)
        case jobs.Mean():
            return L.GlobalAveragePooling2D()
        case jobs.Flatten():
            return L.Flatten()
        case jobs.Dropout(rate):
            return L.Dropout(rate)
    raise ValueError(f"no layer for {spec}")


def residual(block: jobs.Block, x: Any, L: Any, layer: Any) -> Any:
    """relu(main(x) + shortcut(x))."""
    main, shortcut = jobs.block_parts(block, tuple(x.shape[1:]))
    a = b = x
    for spec in main:
        a = layer(spec)(a)
    for spec in shortcut:
        b = layer(spec)(b)
    return L.Activation("relu")(L.Add()([a, b]))
