"""`python -m orchestration.bi` writes `bi/superset` anew.

Belongs here: the command. Does not belong here: what is written (`assets`).
"""

from orchestration.bi.assets import ASSETS, write_assets
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import DBT_MANIFEST

if __name__ == "__main__":
    if not DBT_MANIFEST.is_file():
        raise OversightError("The dbt project was not parsed: run make setup first.")
    print(f"{len(write_assets())} files in {ASSETS}")
