"""Settings of the whole library: the number type of new arrays."""

from pellucid.errors import SettingError

_settings = {"floatx": "float32"}


def floatx() -> str:
    """The number type that weights and data have unless something else is asked for."""
    return _settings["floatx"]


def set_floatx(dtype: str) -> None:
    """Let new weights and data be "float32" (the default) or "float64".

    Raises SettingError for another; Keras also takes "float16" and "bfloat16".
    """
    if dtype not in ("float32", "float64"):
        raise SettingError("set_floatx", "'float32' or 'float64'", repr(dtype), "Choose one.")
    _settings["floatx"] = dtype
