"""Four optimisers in a long valley.

SGD swings across the steep side; momentum averages the swings away; RMSprop and Adam scale each axis.
"""

import pellucid as pl

picture = pl.insight.optimizer_paths()
