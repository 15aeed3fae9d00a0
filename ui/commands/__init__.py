"""The verbs of the command line, one module a subject.

A verb reads its options, calls what does the work and writes the answer; what is heavy to import
is imported in the verb that needs it, because every verb starts from nothing.
"""
