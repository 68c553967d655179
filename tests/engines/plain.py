"""An engine of plain kernels alone."""

from pellucid.engines import Engine, NumpyEngine


class PlainEngine(NumpyEngine):
    """NumPy's arrays, with the kernels as `Engine` writes them."""

    rows, scatter_add = Engine.rows, Engine.scatter_add
    matmul, landing = Engine.matmul, Engine.landing
    blend, for_each = Engine.blend, Engine.for_each
    map, sum_map, moments = Engine.map, Engine.sum_map, Engine.moments
    map_later, conv2d_later, sums_around = (
        Engine.map_later,
        Engine.conv2d_later,
        Engine.sums_around,
    )
    pad, softmax_cross_entropy = Engine.pad, Engine.softmax_cross_entropy
    sample, sample_dx = Engine.sample, Engine.sample_dx
    conv2d, conv2d_dx, conv2d_dW = Engine.conv2d, Engine.conv2d_dx, Engine.conv2d_dW
    conv2d_back = Engine.conv2d_back
    max_pool, max_pool_dx = Engine.max_pool, Engine.max_pool_dx
    sum_pool, sum_pool_dx = Engine.sum_pool, Engine.sum_pool_dx


plain_engine = PlainEngine()
