"""Floor 7: Pellucid from a shell. Each command is one file with a function `run(arguments)`.

Here nothing is computed that the library could not do from Python, and nothing heavy is imported
before a command needs it.
"""
