"""Data: from names, folders and files to arrays, and from arrays to batches.

Images are uint8 arrays (N, H, W, C), channels last and always with the channel axis; class labels
are int64 (N,), counted from 0. Reading a file never runs code from it (no pickle). Everything here
is plain NumPy; Pillow and urllib3 are imported only when an image is opened or a file downloaded.
"""

from pellucid.data.batching import batches
from pellucid.data.checking import check, is_finite
from pellucid.data.images import ImagePreparation
from pellucid.data.loading import load, names
from pellucid.data.sets import DataSet, split

__all__ = ["DataSet", "ImagePreparation", "batches", "check", "is_finite", "load", "names", "split"]
