"""The engine for vision models: a page's own pixels in, claims with verbatim quotes out."""
