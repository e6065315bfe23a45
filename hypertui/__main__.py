"""`python -m hypertui` is the `hypertui` command."""

import sys

from hypertui.cli import main

if __name__ == "__main__":
    sys.exit(main())
