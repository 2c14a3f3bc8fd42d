"""Not here: the checkers are packages of their own."""

raise ImportError(
    "dephealth.checks.* is now a package for each type: dephealth.checks.http is dephealth_http "
    "(pip install dephealth-http); see docs/migration.md"
)
