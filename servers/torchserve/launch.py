"""What the image's entrypoint runs: puts the server and its libraries on the search path, and starts it.

The interpreter runs isolated (-I), so neither PYTHONPATH nor the working directory is on the path.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "lib")]
    from servers.torchserve.main import main

    sys.exit(main(sys.argv[1:]))
