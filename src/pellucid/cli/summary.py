"""`pellucid summary`: what is in a model file."""

from argparse import Namespace

from pellucid.cli.saved import class_names, open_model, preparation


def run(arguments: Namespace) -> int:
    """Print the model's layers, and how it was trained."""
    model = open_model(arguments.model)
    model.summary()
    if model.optimizer is not None:
        rate = model.optimizer.current_learning_rate
        print(
            f"{type(model.loss).__name__}, {type(model.optimizer).__name__} at {rate:g},"
            f" {model.optimizer.iterations:,} steps"
        )
    data = model.notes.get("data")
    if data:
        epochs = len(model.history.epoch)
        print(f"trained on {data['name']}, {epochs} epoch{'' if epochs == 1 else 's'}")
    if (form := preparation(model)) is not None:
        colours = "grey" if form.channels == 1 else "red, green, blue"
        print(f"images {form.height} x {form.width}, {colours}")
    if (names := class_names(model)) is not None:
        print(f"{len(names)} classes: {', '.join(names)}")
    return 0
