"""Files to documents: one module for each family of formats."""
