"""The whole text of an error, compared word for word."""

import re

import pytest


def says(kind, text):
    """A context in which exactly this error has to come."""
    return pytest.raises(kind, match=f"^{re.escape(text)}$")
