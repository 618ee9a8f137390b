"""The whole sample: every return and reference, and the list of what arrived when.

Belongs here: which files there are. Does not belong here: what is in them.
"""

from pathlib import Path

from orchestration.sample.dfe_children_looked_after import make_counts, write_children_looked_after
from orchestration.sample.dfe_lait import write_lait
from orchestration.sample.dfe_lait_measures import write_dictionary
from orchestration.sample.geography import make_geography
from orchestration.sample.ho_police_workforce import write_police_workforce
from orchestration.sample.ho_stop_and_search import write_stop_and_search
from orchestration.sample.mhclg_revenue_outturn import write_revenue_outturn
from orchestration.sample.nhse_ae_attendances import write_ae_attendances
from orchestration.sample.nhse_gp_payments import write_gp_payments
from orchestration.sample.ohid_fingertips import write_fingertips
from orchestration.sample.ons_deaths_by_age import write_deaths_by_age
from orchestration.sample.ons_employment import write_employment
from orchestration.sample.ons_healthy_life_expectancy import write_healthy_life_expectancy
from orchestration.sample.references import write_references
from orchestration.sample.submissions import write_list

LIST_NAME = "SUBMISSIONS.tsv"


def write_sample(directory: Path, seed: int = 2008) -> Path:
    """Write returns for eleven contracts, the references they need and `SUBMISSIONS.tsv` below `directory`.

    The same seed gives the same bytes. Returns the path of the list, whose columns are `file` (relative to
    the list), `kind`, `department`, `return_code`, `received_at` (UTC) and `period_hint`. Files that are
    there already are overwritten; raises OSError where the directory cannot be written.
    """
    land = make_geography(seed)
    counts = make_counts(land, seed)
    sent = [
        *write_lait(directory, land, counts, seed),
        *write_children_looked_after(directory, land, counts),
        *write_revenue_outturn(directory, land, counts, seed),
        *write_gp_payments(directory, land, seed),
        *write_ae_attendances(directory, seed),
        *write_fingertips(directory, land, seed),
        *write_healthy_life_expectancy(directory, land, seed),
        *write_employment(directory, land, seed),
        *write_deaths_by_age(directory, land, seed),
        *write_stop_and_search(directory, seed),
        *write_police_workforce(directory, seed),
        *write_dictionary(directory),
        *write_references(directory, land, seed),
    ]
    path = directory / LIST_NAME
    write_list(path, sent)
    return path
