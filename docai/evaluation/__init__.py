"""Records against truth: the numbers that docai reports about itself. Nothing that extracts imports this."""
