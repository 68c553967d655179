"""Settings from the shell and from files: which goes first, what is refused, what is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.cli.settings import Settings, as_toml, gather, read
from pellucid.errors import SettingError

ALL = ("data", "model", "layer", "loss", "optimizer", "fit")
NET = """
[[layer]]
type = "Flatten"

[[layer]]
type = "Dense"
units = "outputs"
kernel_regularizer = { type = "L2", l2 = 0.01 }

[optimizer]
type = "SGD"
learning_rate = 0.5
nesterov = true

[fit]
epochs = 7
batch_size = 8
"""


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(NET)
    return path


def test_without_anything_said_the_defaults_hold():
    settings = gather({})
    assert settings.source is None
    assert settings.values == {}
    assert (settings.value("epochs"), settings.value("optimizer")) == (20, "adam")
    assert settings.value("model") is None


def test_the_shell_goes_before_the_file_of_layers_and_that_before_the_default(net):
    settings = gather({"data": "digits", "model": str(net), "epochs": "3"})
    assert settings.source == "digits"
    assert settings.value("epochs") == 3
    assert settings.value("batch_size") == 8
    assert settings.value("patience") == 0
    assert [layer["type"] for layer in settings.layers] == ["Flatten", "Dense"]
    assert settings.optimizer == {"nesterov": True}
    assert (settings.value("optimizer"), settings.value("learning_rate")) == ("SGD", 0.5)
    assert settings.file == net
    assert settings.value("model") is None


def test_the_shell_goes_before_the_settings_file(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[data]\nsource = "digits"\n[model]\npreset = "mlp"\nunits = [9]\n')
    settings = gather({"settings": str(path), "units": "4"})
    assert (settings.source, settings.value("model")) == ("digits", "mlp")
    assert settings.value("units") == [4]
    assert gather({"settings": str(path), "data": "mnist"}).source == "mnist"


def test_another_model_leaves_nothing_of_the_one_before(tmp_path, net):
    path = tmp_path / "settings.toml"
    path.write_text('[model]\npreset = "mlp"\nunits = [9]\n')
    assert gather({"settings": str(path), "model": "linear"}).values == {"model": "linear"}
    path.write_text('[loss]\ntype = "MeanSquaredError"\n' + NET)
    changed = gather({"settings": str(path), "model": "cnn"})
    assert (changed.layers, changed.loss, changed.file) == ([], {}, None)
    assert changed.value("epochs") == 7


def test_another_optimizer_does_not_get_the_rate_of_the_one_before(net):
    settings = gather({"model": str(net), "optimizer": "adam"})
    assert settings.optimizer == {}
    assert settings.value("learning_rate") is None
    same = gather({"model": str(net), "optimizer": "sgd"})
    assert (same.value("learning_rate"), same.optimizer) == (0.5, {"nesterov": True})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[fit]\nepocs = 3", r"x.toml, \[fit\] epocs: expected one of .*Did you mean 'epochs'"),
        ("[fit]\nepochs = 0", r"x.toml, \[fit\] epochs: expected a whole number from 1 up; got 0"),
        ("[fitt]\n", r"x.toml: expected the tables .*got 'fitt'. Did you mean 'fit'"),
        ("[layer]\ntype = 'Dense'", r"x.toml: expected the tables \[data\].*Write it as a table"),
        ("[[fit]]\nepochs = 1", "got 'fit'"),
        ("epochs = 3", "got 'epochs'"),
        ("[fit]\nepochs = \n", r"x.toml: expected TOML; got .*line 2"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path, content, message):
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(SettingError, match=message):
        read(path, ALL)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(SettingError, match=r"none.toml: expected a TOML file; got no such file"):
        read(tmp_path / "none.toml", ALL)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match=r"bytes.toml: expected TOML"):
        read(tmp_path / "bytes.toml", ALL)


def test_a_model_is_a_preset_or_a_file_with_layers(tmp_path):
    with pytest.raises(SettingError, match="--model: expected linear, mlp, cnn or a TOML file"):
        gather({"model": "cn"})
    path = tmp_path / "empty.toml"
    path.write_text("[fit]\nepochs = 1\n")
    with pytest.raises(SettingError, match=r"at least one \[\[layer\]\] table"):
        gather({"model": str(path)})
    path.write_text("[data]\nsource = 'digits'\n")
    with pytest.raises(SettingError, match="got 'data'"):
        gather({"model": str(path)})


def test_what_is_written_reads_back_the_same(tmp_path, net):
    settings = gather({"model": str(net), "data": "digits", "image_size": "8x9"})
    settings.loss = {"type": "SparseCategoricalCrossentropy", "from_logits": True}
    path = tmp_path / "settings.toml"
    path.write_text(as_toml(settings))
    again = read(path, ALL)
    assert again.source == "digits"
    assert again.layers == settings.layers
    assert (again.loss, again.optimizer) == (settings.loss, settings.optimizer)
    assert {k: again.value(k) for k in settings.values} == settings.values
    assert again.file == path


def test_a_preset_is_written_with_all_its_settings():
    written = as_toml(Settings("digits", {"model": "mlp", "units": [3, 4], "l2": 1e-5}))
    assert 'preset = "mlp"\n' in written
    assert "units = [3, 4]\n" in written
    assert "l2 = 1e-05\n" in written
    assert "batch_size = 32\n" in written
    assert "image_size" not in written


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    TEXT | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(TEXT, VALUES, max_size=3))
def test_any_layer_table_reads_back_the_same(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("toml") / "any.toml"
    path.write_bytes(as_toml(Settings(layers=[{"type": "Dense", **table}])).encode())
    assert read(path, ALL).layers == [{"type": "Dense", **table}]
