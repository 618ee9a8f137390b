"""`python -m orchestration.bi` writes `bi/superset`.

Contains the command. Not here: the files (`assets`).
"""

from orchestration.bi.assets import ASSETS, write_assets
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import DBT_MANIFEST

if __name__ == "__main__":
    if not DBT_MANIFEST.is_file():
        raise OversightError("The dbt project has not been parsed; run `make setup` first.")
    print(f"{len(write_assets())} files in {ASSETS}")
