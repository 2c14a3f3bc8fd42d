"""``python -m dephealth_cli`` is the command `dephealth`."""

from ._main import main

if __name__ == "__main__":
    main()
