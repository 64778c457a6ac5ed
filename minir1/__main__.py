"""`python -m minir1` is the command `minir1`."""

import sys

from minir1.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
