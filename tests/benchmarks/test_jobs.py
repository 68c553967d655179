import os

import pytest

from benchmarks import environments, jobs


def last_shape(job):
    shape = jobs.SHAPES[job.data]
    for layer in job.layers:
        shape = jobs.output_shape(layer, shape)
    return shape


@pytest.mark.parametrize("job", jobs.JOBS.values(), ids=lambda job: job.name)
def test_networks_end_in_a_score_a_class(job):
    assert last_shape(job) == ((3,) if job.name == "tiny" else (10,))


def test_operations_of_a_dense_network_by_hand():
    # 784-153-21-10: forward and dW everywhere, dx but for the first layer
    products = 2 * 784 * 153 + 3 * 153 * 21 + 3 * 21 * 10
    assert jobs.flops(jobs.JOBS["mlp32"]) == 32 * 2 * products
    alone = 784 * 153 + 153 * 21 + 21 * 10
    assert jobs.flops(jobs.JOBS["predict-mlp32-1"]) == 2 * alone


def test_operations_of_a_convolutional_network_by_hand():
    first, second, last = 26 * 26 * 32 * 9, 11 * 11 * 64 * 9 * 32, 5 * 5 * 64 * 10
    expected = 128 * 2 * (2 * first + 3 * second + 3 * last)
    assert jobs.flops(jobs.JOBS["cnn"]) == expected


def test_operations_grow_with_the_batch():
    job = jobs.JOBS["resnet20"]
    assert jobs.flops(job._replace(batch=256)) == 2 * jobs.flops(job)


def test_resnet20_has_twenty_layers_and_two_projections():
    job = jobs.JOBS["resnet20"]
    layers = [layer for layer, _ in jobs.walk(job.layers, jobs.SHAPES[job.data])]
    convolutions = [layer for layer in layers if isinstance(layer, jobs.Conv)]
    assert sum(layer.kernel == 3 for layer in convolutions) == 19  # and one dense layer
    assert sum(layer.kernel == 1 for layer in convolutions) == 2


def test_a_shortcut_stays_plain_where_the_shape_does():
    assert jobs.block_parts(jobs.Block(16), (32, 32, 16))[1] == ()
    main, shortcut = jobs.block_parts(jobs.Block(32, 2), (32, 32, 16))
    assert len(main) == 5
    assert shortcut[0] == jobs.Conv(32, kernel=1, stride=2)


FLOAT32 = {name for name, job in jobs.JOBS.items() if job.precision is None}
IMAGES_IN_BFLOAT16 = {"cnn-bn-bfloat16", "resnet20-bfloat16"}


@pytest.mark.parametrize(
    ("peer", "able"),
    [
        ("numpy", {"tiny"}),
        ("bare", {"mlp32", "cnn-bn"}),
        ("pellucid-auto", {name for name in FLOAT32 if jobs.JOBS[name].kind == "train"}),
        ("scikit-learn", {"tiny", "mlp32", "mlp128", "wide", "cold"}),
        ("torch-channels-last", {"cnn", "cnn-bn", "resnet20"} | IMAGES_IN_BFLOAT16),
        ("torch", FLOAT32 | {"wide-bfloat16"}),
        ("jax", FLOAT32),
    ],
)
def test_each_peer_is_given_what_it_can_run(peer, able):
    found = {name for name, job in jobs.JOBS.items() if environments.can_run(peer, job)}
    assert {name for name in found if not name.startswith("predict") or able >= FLOAT32} == able


def test_a_process_finds_the_source_that_lies_beside_the_benchmarks():
    paths = environments.variables(environments.PEERS["pellucid"])["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(environments.ROOT), str(environments.ROOT / "src")]
    assert (environments.ROOT / "src" / "pellucid" / "__init__.py").exists()
