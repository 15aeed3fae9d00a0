"""Lets `python -m ui` run the command line."""

from ui.cli import main

main()
