"""What a model server can do for docai, found out with a few dozen small requests, and what would cure it."""
