"""Names for things, and settings that go out and come in."""

import json

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.registry import Configurable, Registry, arguments, custom, plain, snake_case

from .saying import says


class Shape(Configurable):
    def __init__(self, name=None):
        self.name = name


class Circle(Shape):
    def __init__(self, radius=1.0, style="plain", **settings):
        super().__init__(**settings)
        self.radius, self.style = radius, style


class Dot(Circle):
    """Without an __init__ of its own."""


def wavy(x):
    return x


@pytest.fixture
def shapes():
    registry = Registry("shape")
    registry.register(Shape)
    registry.register(Circle, "ring")
    registry.register(wavy)
    return registry


def test_settings_are_the_arguments_of_the_class_and_its_bases():
    assert arguments(Dot) == ["radius", "style", "name"]
    circle = Dot(2.0, name="moon")
    assert circle.get_config() == {"radius": 2.0, "style": "plain", "name": "moon"}
    assert Dot.from_config(circle.get_config()).get_config() == circle.get_config()


def test_an_argument_that_is_not_known_is_answered_with_the_nearest():
    class Square(Configurable):
        def __init__(self, side=1.0):
            self.side = side

    with says(SettingError, "Square: expected known arguments; got 'sid'. Did you mean 'side'?"):
        Square(sid=2.0)
    with says(SettingError, "Square: expected known arguments; got 'x', 'y'. There is: side."):
        Square(x=1, side=2.0, y=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        Dot(colour="red")  # Circle hands on what it does not know, and might have kept it


def test_a_thing_that_needs_more_than_its_name(shapes):
    class Square(Configurable):
        def __init__(self, side, /, corner, style="plain"):
            self.side, self.corner, self.style = side, corner, style

    shapes.register(Square)
    text = "shape: expected Square with its settings; got its name alone. Make one: Square("
    with says(SettingError, f"{text}side=..., corner=...)."):
        shapes.get("square")


def test_what_is_neither_a_name_nor_a_thing(shapes):
    with says(
        SettingError,
        "shape: expected a name, or a thing itself; got 3. "
        "Write a name in quotes, or make the thing.",
    ):
        shapes.get(3)
    text = "shape: expected a dictionary with 'class' and 'config'; got the keys 'radius'. "
    with says(SettingError, f"{text}Give the thing itself, or its name."):
        shapes.get({"radius": 3})


def test_a_setting_that_is_not_kept_is_named():
    class Forgetful(Configurable):
        def __init__(self, size):
            pass

    text = (
        "settings of Forgetful: expected its argument 'size' to be kept as self.size; "
        "got no such attribute. Set self.size in __init__, or write get_config and from_config."
    )
    with says(SettingError, text):
        Forgetful(1).get_config()


def test_plain_is_what_json_holds():
    given = {
        "array": np.array([1, 2]),
        "number": np.float32(0.5),
        "pair": (1, (2, 3)),
        "inner": Circle(3.0),
        "function": wavy,
        "class": Circle,
        "none": None,
        "flag": True,
    }
    assert json.loads(json.dumps(plain(given))) == {
        "array": [1, 2],
        "number": 0.5,
        "pair": [1, [2, 3]],
        "inner": {"class": "Circle", "config": {"radius": 3.0, "style": "plain", "name": None}},
        "function": "wavy",
        "class": "Circle",
        "none": None,
        "flag": True,
    }


def test_a_callable_without_a_name_is_refused():
    class Wave:
        def __call__(self, x):
            return x

        def __repr__(self):
            return "Wave()"

    text = (
        "settings: expected functions with a name, by which they are found again; got Wave(). "
        "Define it with def, or let its class be a Configurable."
    )
    with says(SettingError, text):
        plain({"activation": Wave()})


@pytest.mark.parametrize("name", ["Circle", "circle", "CIRCLE", "ring", "Ri-ng", "cir_cle"])
def test_names_are_found_however_they_are_written(shapes, name):
    assert shapes.find(name) is Circle
    assert type(shapes.get(name)) is Circle


def test_what_is_asked_for_may_be_named_described_or_given(shapes):
    circle = Circle()
    assert shapes.get(circle) is circle
    assert shapes.get(None) is None
    assert shapes.get("wavy") is wavy
    assert shapes.get(wavy) is wavy
    assert type(shapes.get(Circle)) is Circle
    assert shapes.get(plain(Circle(5.0))).radius == 5.0


def test_an_unknown_name_is_answered_with_the_nearest_or_with_all(shapes):
    with says(SettingError, "shape: expected a known shape; got 'cirkle'. Did you mean 'Circle'?"):
        shapes.get("cirkle")
    text = "shape: expected a known shape; got 'xyz'. There is: Circle, Shape, ring, wavy."
    with says(SettingError, text):
        shapes.get({"class": "xyz", "config": {}})


def test_another_registry_is_asked_too():
    own = Registry("figure", also=Registry("shape"))
    own.register(Dot)
    own.also.register(Circle, "ring")
    assert own.find("ring") is Circle
    assert "ring" in own
    assert "Dot" in own
    assert "dot" not in own.also
    with custom({"ring": Dot}):
        assert own.find("ring") is Dot
        assert "ring" not in own
    with says(SettingError, "figure: expected a known figure; got 'rin'. Did you mean 'ring'?"):
        own.find("rin")
    with says(
        SettingError, "figure: expected a known figure; got 'xyz'. There is: Circle, Dot, ring."
    ):
        own.find("xyz")


def test_custom_things_are_known_inside_and_forgotten_outside(shapes):
    with custom({"my_dot": Dot}):
        assert shapes.find("MyDot") is Dot
        with custom({"circle": Dot}):
            assert shapes.find("Circle") is Dot
            assert shapes.find("my_dot") is Dot
        assert shapes.find("Circle") is Circle
    with pytest.raises(SettingError):
        shapes.find("my_dot")


def test_custom_things_are_forgotten_after_an_error(shapes):
    with pytest.raises(KeyError), custom({"my_dot": Dot}):
        raise KeyError
    with pytest.raises(SettingError):
        shapes.find("my_dot")


def test_register_is_a_decorator_that_changes_nothing(shapes):
    @shapes.register
    class Square(Shape):
        pass

    assert shapes.find("square") is Square


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("GlobalAveragePooling2D", "global_average_pooling2d"),
        ("LayerNormalization", "layer_normalization"),
        ("ELU", "elu"),
    ],
)
def test_snake_case(name, expected):
    assert snake_case(name) == expected
