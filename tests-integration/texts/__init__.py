"""Texts from outside, as strange as can be, and all that reads them."""
