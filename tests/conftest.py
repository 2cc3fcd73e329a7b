"""What every test may ask for."""

import os

from hypothesis import settings

# The matrices are small: threads would only wait for each other. Read when torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes is the machine's affair.
settings.register_profile("groklab", deadline=None)
settings.load_profile("groklab")

pytest_plugins = ["tests.databases", "tests.claims.table"]
