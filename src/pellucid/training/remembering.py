"""What was measured once and holds for later runs: small JSON files in the user's cache folder.

Each thing that was found has a file of its own, named by a checksum of all that it depends on. So
programs that run at the same time do not get in each other's way, and a file that is damaged, or a
folder that cannot be written to, costs no more than measuring again. The folder (`choices` below
the cache of data sets) may be deleted at any time.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pellucid.data.named import cache_folder
from pellucid.errors import ModelFileError

MOST = 1000  # files that are kept; beyond it the older half goes


def recall(kind: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was found where everything was as in `facts`; None where nothing can be read."""
    try:
        content = json.loads(_file(kind, facts).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none there; or not JSON, or no text
        return None
    found = content.get("found") if isinstance(content, dict) else None
    return found if isinstance(found, dict) else None


def remember(
    kind: str, facts: Mapping[str, Any], found: Mapping[str, Any], about: Mapping[str, Any]
) -> bool:
    """Keep `found` for where everything is as in `facts`, and beside it `about`, for who reads it.

    Whether that was possible: a folder that cannot be written to is no error.
    """
    from pellucid.storage.atomic import write_text

    file = _file(kind, facts)
    try:
        write_text(file, json.dumps({"found": found, "about": about}, indent=1) + "\n")
    except ModelFileError:
        return False
    with suppress(OSError):  # another program may be tidying up as well
        _tidy(file.parent)
    return True


def _file(kind: str, facts: Mapping[str, Any]) -> Path:
    """Where it is kept."""
    text = json.dumps(facts, sort_keys=True)
    return cache_folder() / "choices" / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()}.json"


def _tidy(folder: Path) -> None:
    """Delete the older half of the files where they have become too many."""
    files = list(folder.glob("*.json"))
    if len(files) > MOST:
        files.sort(key=lambda file: file.stat().st_mtime)
        for file in files[: len(files) // 2]:
            file.unlink(missing_ok=True)
