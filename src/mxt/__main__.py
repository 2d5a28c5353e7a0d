"""``python -m mxt``."""

import sys

from mxt.cli import main

if __name__ == "__main__":
    sys.exit(main())
