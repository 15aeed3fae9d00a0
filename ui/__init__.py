"""The ways a person reaches the search: the command line and the page."""
