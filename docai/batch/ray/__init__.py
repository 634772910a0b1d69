"""A batch on a Ray cluster. Truth lives in the store; Ray only carries work to where there is room for it.

The job feeds its actors itself, some documents at a time, and not through Ray Data: so the listing stays a
stream, two jobs on one folder share it, and a lost node costs what was under way there and nothing else.
"""
