"""``python -m mxt``."""

import sys

from mxt.cli import process

if __name__ == "__main__":
    sys.exit(process())
