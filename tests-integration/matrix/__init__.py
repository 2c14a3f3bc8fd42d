"""The same questions to every checker, and the answers that users can rely on.

Rows are `QUESTIONS`, columns are `SUBJECTS`; what a cell comes to is `answer(question, subject)`.
docs/fault-matrix.md is made of these alone, and test_matrix.py proves each of them.
"""
