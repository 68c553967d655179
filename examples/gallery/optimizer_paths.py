"""Four optimisers in a long valley.

SGD swings from side to side; momentum rolls along and beyond; RMSprop and Adam scale each axis by
its gradients.
"""

import pellucid as pl

picture = pl.insight.optimizer_paths()
