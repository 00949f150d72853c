"""``python -m fastfetch``."""

import sys

from fastfetch._cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
