"""The exponentially weighted average of a noisy year, and what its bias correction puts right.

The larger beta, the smoother and the later; without the correction it starts near 0 (thin lines).
"""

import numpy as np

import pellucid as pl

rng, day = np.random.default_rng(0), np.arange(365)
temperature = 20 - 9 * np.cos(2 * np.pi * (day - 15) / 365) + rng.normal(0, 2.5, 365)
picture = pl.insight.exponential_average(
    temperature, betas=(0.9, 0.98), labels=("day", "temperature in °C")
)
