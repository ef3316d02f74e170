"""`python -m presage PATH …`: see `import_model`."""

import sys

from .import_model import main

sys.exit(main())
