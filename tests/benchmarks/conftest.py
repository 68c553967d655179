"""The benchmark lies beside the library, not in it: its folder is found from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
