"""Training the embedded encoder and its language identifier from parallel text.

Nothing here is needed to search; `python -m indexer.training --help` is the one command. It needs
the extra `train`.
"""
