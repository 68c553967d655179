"""Floor 5: models as files. No pickle, no code; every write is all or nothing."""

from pellucid.storage.atomic import write_bytes, write_text
from pellucid.storage.model_file import load, save

__all__ = ["load", "save", "write_bytes", "write_text"]
