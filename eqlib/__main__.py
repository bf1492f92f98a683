"""`python -m eqlib`: the command line."""

import sys

from eqlib.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
