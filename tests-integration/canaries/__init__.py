"""Secrets that are recognised wherever they turn up, and everything that could show them."""
