"""The command of the scenarios, in which the last process is killed in the second epoch, once.

dying.py FOLDER
"""

import os
import signal
import sys

import torch

from pellucid import distributed
from pellucid.cli.main import main
from pellucid.training import loop, progress


class Dying(progress.Progress):
    """The progress line, of a process that does not live long."""

    def after_batch(self, batch):
        first_time = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
        if first_time and distributed.rank() == 1 and (self.epoch, batch) == (1, 5):
            os.kill(os.getpid(), signal.SIGKILL)
        super().after_batch(batch)


if __name__ == "__main__":
    torch.set_num_threads(1)
    loop.Progress = Dying
    words = "train digits --model mlp --units 8 --epochs 3 --dropout 0.2 --out"
    raise SystemExit(main([*words.split(), sys.argv[1]]))
