"""How one image, from whatever source, becomes an array (H, W, C).

Training on a folder and predicting one file go through the same `ImagePreparation`, so a network is
asked about pictures in the very form it was taught on. The choices, which hold everywhere:

- An image is first turned upright as its EXIF orientation says.
- 16 bits a channel become 8 by round(v / 257), so that 65535 becomes 255; nothing is clipped.
- What is transparent is laid on white: it is how a page or a viewer shows the picture.
- Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, Pillow's "L"); an image that is grey already
  keeps its values exactly.
- An image of another size is stretched to the asked one (nothing is cut off) by bicubic
  interpolation with antialiasing; one of the right size is not touched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError, SettingError
from pellucid.settings import whole

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


@dataclass(frozen=True)
class ImagePreparation:
    """The form (height, width, channels) that every image of a data set is brought into.

    Channels are 1 for grey or 3 for red, green and blue. Raises SettingError for another number or
    for a size below 1.
    """

    height: int
    width: int
    channels: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            whole("image preparation", name, value, 1)
        if self.channels not in (1, 3):
            raise SettingError(
                "image preparation",
                "1 channel (grey) or 3 (red, green, blue)",
                f"{self.channels}",
                "Transparency is laid on white, it is no channel of its own.",
            )

    def to_config(self) -> dict[str, int]:
        """The settings as a plain dict, as a model file keeps them."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The preparation that `to_config` described; raises SettingError for any other dict."""
        expected = [field.name for field in fields(cls)]
        if sorted(config) != sorted(expected):
            raise SettingError(
                "image preparation",
                f"the settings {', '.join(expected)}",
                f"{', '.join(map(str, config)) or 'none'}",
                "The configuration may come from a newer version.",
            )
        return cls(**config)

    def prepare(self, source: "str | Path | Image.Image | NDArray[Any]") -> NDArray[np.uint8]:
        """One image as a uint8 array (height, width, channels).

        The source is the path of a PNG, JPEG, BMP or WebP file, a Pillow image, or an array (H, W)
        or (H, W, C) with C in 1 (grey), 2 (grey, alpha), 3 (RGB), 4 (RGBA), of type uint8, uint16
        or bool; a uint8 array that has the form already is given back itself, not a copy. Raises
        DataError for anything else and for a file that cannot be read.
        """
        if isinstance(source, np.ndarray):
            if source.dtype == np.uint8 and source.shape == astuple(self):
                return source
            source = _from_array(source)
        with _opened(source) as image:
            return self._fit(_plain(image))

    def _fit(self, image: "Image.Image") -> NDArray[np.uint8]:
        from PIL import Image

        image = image.convert("L" if self.channels == 1 else "RGB")
        if image.size != (self.width, self.height):
            image = image.resize((self.width, self.height), Image.Resampling.BICUBIC)
        return np.array(image).reshape(self.height, self.width, self.channels)


def upright_size(path: str | Path) -> tuple[int, int]:
    """Height and width of the file's image when it stands upright; DataError as for `prepare`."""
    from PIL import ExifTags

    with _opened(path) as image:
        width, height = image.size
        is_turned = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
        return (width, height) if is_turned else (height, width)


def is_grey(path: str | Path) -> bool:
    """Whether the file's image shows nothing but grey; DataError as for `prepare`."""
    with _opened(path) as image:
        if image.mode in ("1", "L", "LA") or image.mode.startswith("I"):
            return True
        rgb = np.asarray(_plain(image).convert("RGB"))
        return bool((rgb == rgb[:, :, :1]).all())


@contextmanager
def _opened(source: "str | Path | Image.Image") -> "Iterator[Image.Image]":
    """The image of a path, closed afterwards, or a Pillow image as it is."""
    from PIL import Image

    # Each decoder fails in its own way on a damaged file; whatever it raises, the file is to blame.
    try:
        if isinstance(source, Image.Image):
            yield source
        else:
            with Image.open(source, formats=FORMATS) as image:
                yield image
    except Exception as error:
        where = f"image {str(source)!r}" if isinstance(source, str | Path) else "image"
        raise DataError(
            where,
            "a readable PNG, JPEG, BMP or WebP file, a Pillow image, or an array",
            f"{type(error).__name__}: {error}",
            "Remove it, or save it again with an image editor.",
        ) from error


def _plain(image: "Image.Image") -> "Image.Image":
    """The image upright, without palette and alpha, at 8 bits: of mode L, or RGB where not grey."""
    from PIL import Image, ImageOps

    if image.mode == "F":
        raise ValueError("its values are floating-point numbers, not 8 or 16 bits")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    return ((np.clip(values, 0, 65535).astype(np.uint32) + 128) // 257).astype(np.uint8)


def _from_array(array: NDArray[Any]) -> "Image.Image":
    from PIL import Image

    is_image = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 2, 3, 4))
    if not is_image or array.size == 0 or array.dtype not in (np.uint8, np.uint16, np.bool_):
        raise DataError(
            "image",
            "an array (H, W) or (H, W, C), C from 1 to 4, of uint8, uint16 or bool",
            f"shape {array.shape} of {array.dtype}",
            "Scale the values to 0..255 and make them uint8: (255 * x).round().astype('uint8').",
        )
    if array.dtype == np.uint16:
        array = _eight_bits(array)
    elif array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(array))
