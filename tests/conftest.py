"""What every test may ask for."""

import os

# The matrices are small: threads would only wait for each other. Read when torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["tests.databases", "tests.claims.table"]
