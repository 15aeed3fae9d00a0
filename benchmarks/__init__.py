"""Every figure in the README and docs, each from a command: `python -m benchmarks NAME`.

Absolute times differ between machines and hours; each benchmark prints what it compared with in
the same run.
"""
