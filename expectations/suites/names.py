"""Names of the suites, read from their modules without importing Great Expectations.

Contains the list that Dagster's asset checks are made from. Not here: the suites (`all_suites`).
"""

import pkgutil
from pathlib import Path


def suite_names() -> list[str]:
    """Return the name of each suite, sorted: one module in each sub-package of `expectations.suites`."""
    folders = [str(path) for path in Path(__file__).parent.iterdir() if path.is_dir()]
    return sorted(module.name for module in pkgutil.iter_modules(folders))
