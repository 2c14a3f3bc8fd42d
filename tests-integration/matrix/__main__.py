"""`python -m matrix` writes docs/fault-matrix.md."""

from .page import PATH, rendered

PATH.write_text(rendered())
