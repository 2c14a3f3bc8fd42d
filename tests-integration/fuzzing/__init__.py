"""Texts that a coverage-guided fuzzer makes up, for all that reads one from outside.

`./dev fuzz` runs it, with atheris (libFuzzer for Python), on the readers of `texts.readers`.
"""
