"""Every figure in the README and docs, each from a command: `python -m benchmarks NAME`.

Absolute times differ between machines and hours; each benchmark prints what it compared with in
the same run.
"""

import os

from ui.threads import few_threads

few_threads(os.environ)  # as the command line and the page search
