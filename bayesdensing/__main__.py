"""``python -m bayesdensing``: the command line."""

import sys

from bayesdensing.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
