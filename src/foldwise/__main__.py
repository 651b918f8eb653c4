"""`python -m foldwise` is `foldwise`."""

import sys

from foldwise.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
