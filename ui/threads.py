"""How many threads linear algebra takes in processes that search."""

from collections.abc import MutableMapping

_VARIABLE = "OPENBLAS_NUM_THREADS"


def few_threads(environment: MutableMapping[str, str]) -> None:
    """Let numpy's products stay in the thread that asks, unless the person has said otherwise.

    Those of a search are small. OpenBLAS's other threads wait for the next by spinning, which on
    two cores makes a search over 100,000 passages take a fifth longer. It counts when numpy loads.

    :param environment: of this process, or of one to come.
    """
    environment.setdefault(_VARIABLE, "1")
