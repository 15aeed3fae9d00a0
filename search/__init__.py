"""A query to ranked passages, across languages."""
