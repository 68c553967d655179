"""`pellucid trace`: what one pass of a saved model makes in each layer, forwards and back."""

from argparse import Namespace

from pellucid.cli.options import chosen
from pellucid.cli.saved import open_model, rows_for
from pellucid.insight import circuit


def run(arguments: Namespace) -> int:
    """Print the trace of a batch, one of its layers, or its way to the loss; draw its circuit."""
    model = open_model(arguments.model)
    x, y, what = rows_for(model, arguments.data, arguments.part)
    rows = chosen(vars(arguments), "rows")
    is_forward = model.loss is None  # a model that was saved without one
    trace = model.trace(
        x[:rows],
        None if is_forward else y[:rows],
        training=not arguments.inference,
        columns=arguments.columns,
    )
    print(f"the first {min(rows, len(x)):,} of {what}")
    shown = trace[arguments.layer] if arguments.layer else trace
    print(trace.score_to_loss() if arguments.score_to_loss else shown)
    if arguments.svg:
        circuit(trace, fold=True).save(arguments.svg)
        print(f"\ncircuit: {arguments.svg}")
    return 0
