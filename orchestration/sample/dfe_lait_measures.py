"""The measures of the interactive tool that the sample has, and the dictionary that describes them.

Belongs here: names, units, periods and plausible levels of thirty measures. Does not belong here: their
figures by area (`dfe_lait`).
"""

from pathlib import Path
from typing import NamedTuple

from orchestration.sample.delimited import write_csv
from orchestration.sample.submissions import Sent

DICTIONARY = "education/lait_data_dictionary_v2026-02-11.csv"
_HEADER = (
    "Measure_code", "Topic", "Measure", "Chart_title", "Measure_short", "Polarity", "y_axis_name",
    "state_funded_flag", "Table_status", "Description", "Last Update", "Next Update",
    "Data Owner (DO) /Supplier and Contact Details", "Methodology", "Hyperlink(s)", "dps", "Year_Type",
    "No_Quartile",
)  # fmt: skip


class Measure(NamedTuple):
    """One measure: how the dictionary describes it, which years each file has, and its level.

    `earlier` and `later` are the period labels in the two files. `level` is the national figure, `slope` what
    one unit of deprivation adds, `trend` what a year adds, `ceiling` the largest value there can be. `scale`
    `children` makes it a number that grows with the size of an area.
    """

    short: str
    item: str
    topic: str
    unit: str
    polarity: str
    decimals: int
    year_type: str
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    level: float
    slope: float
    trend: float = 0.0
    ceiling: float = 100.0
    scale: str = ""


def _years(pattern: str, first: int, last: int, span: int = 1) -> tuple[str, ...]:
    """Labels of the years that end in `first` to `last`: `{a}-{b:02d}` gives `2020-21`, `{y}` `2021`."""
    return tuple(
        pattern.format(y=year, a=year - span, b=year % 100, c=(year - span + 1) % 100, d=(year - 1) % 100)
        for year in range(first, last + 1)
    )


_PLAIN = _years("{y}", 2021, 2025)
_UNTIL_2024 = _years("{y}", 2021, 2024)
_OUTTURN = _years("{a}-{b:02d} (OT)", 2021, 2024)
_OUTTURN_LATER = _years("{a}-{b:02d} (OT)", 2021, 2025)
_SLASH = _years("{a}/{b:02d}", 2021, 2024)
_DASH = _years("{a}-{b:02d}", 2020, 2023)
_DASH_LATER = _years("{a}-{b:02d}", 2020, 2024)
_DASH_TO_2025 = _years("{a}-{b:02d}", 2021, 2025)
_THREE_CALENDAR = _years("{a}-{b:02d}", 2019, 2022, span=2)
_THREE_CALENDAR_LATER = _years("{a}-{b:02d}", 2020, 2023, span=2)
_THREE_FINANCIAL = _years("{a}/{c:02d}-{d:02d}/{b:02d}", 2020, 2023, span=3)
_REVISED = ("2021 (Final)", "2022 (Rev)", "2023 (Rev)", "2024 (Rev)")
_PROVISIONAL = (*_UNTIL_2024, "2025 (prov)")

_FINANCE, _CARE, _SCHOOL = (
    "Children's Service Finance",
    "Children Looked After",
    "All Pupil Absence & Exclusions",
)
_FY, _AY, _CY, _SEPTEMBER, _JANUARY = (
    "Financial Year", "Academic Year", "Calendar Year", "Annual (end of Sept)", "Annual - January",
)  # fmt: skip
_AT_LEVEL, _NINETEEN, _ENTERED = "% achieving expected level", "Attainment by age 19", "% entered"
_FURTHER, _FOUR, _WORKFORCE = "Further & Higher Education", "Key Stage 4", "Children's Services Workforce"
_HEALTH = "Health and Wellbeing"

MEASURES = (
    Measure("TotalLACFinance", "Total Children Looked After (finance)", _FINANCE, "Spend", "NA", 0, _FY,
            _OUTTURN, _OUTTURN_LATER, 0, 0),
    Measure("LACFinance", "Looked after Children Finance", _FINANCE, "Unit Cost", "NA", 0, _FY, _OUTTURN,
            _OUTTURN_LATER, 0, 0),
    Measure("FosteringFinance", "Fostering Finance", _FINANCE, "Unit Cost", "NA", 0, _FY, _OUTTURN,
            _OUTTURN_LATER, 780, -40, 25, 9_999),
    Measure("SWFinance", "Social Work and Commissioning Finance", _FINANCE, "Unit Cost", "NA", 0, _FY,
            _OUTTURN, _OUTTURN_LATER, 120, 10, 6, 9_999),
    Measure("C&YPExpenditure", "Children and Young People Budget (excluding CERA) - Gross", _FINANCE, "Spend",
            "NA", 0, _FY, _OUTTURN, _OUTTURN_LATER, 1_150, 150, 60, 1e12, "children"),
    Measure("Premium", "Number of pupil eligible for pupil premium", "Contextual\\Other", "Number of pupils",
            "NA", 0, _FY, _DASH_TO_2025, _DASH_TO_2025, 0.19, 0.06, 0.004, 1e9, "children"),
    Measure("RevCP", "Review of child protection cases PAF CF/C20", "Child Protection", "% reviewed", "High",
            1, _FY, _PLAIN, _PLAIN, 92, -1.5, 0.2),
    Measure("CPP_Total_Rateper10,000", "Rates per 10,000 of referrals to Children's Services",
            "Child Protection", "Rate per 10,000", "-", 1, _FY, _PLAIN, _PLAIN, 545, 90, 2, 9_999),
    Measure("LACVaccinations%", "", _CARE, "% of Children Looked After", "High", 0, _FY, _PLAIN, _PLAIN, 84,
            -2),
    Measure("%_of LAC Adopted", "Percentage of LAC adopted during the year ending 31st March", "Adoption",
            "% of Children Looked After", "-", 1, _FY, _PLAIN, _PLAIN, 9, -0.5, -0.2),
    Measure("ChildPov", "", "Economic Factors", "% of children", "Low", 1, _FY, _UNTIL_2024, _PLAIN, 19, 6,
            0.4),
    Measure("AVG_Attain8_Score", "Average Attainment 8 score per pupil", _FOUR, "Score per pupil", "High", 1,
            _AY, _PROVISIONAL, _PLAIN, 46.2, -2.2, -0.1, 90),
    Measure("EngMaths9-5", "", _FOUR, _AT_LEVEL, "High", 1, _AY, _PROVISIONAL, _PLAIN, 46, -4.5, 0.1),
    Measure("KS1P_all", "Key Stage 1 Phonics All pupils", "Key Stage 1 and Phonics", _AT_LEVEL, "High", 0,
            _AY, _PROVISIONAL, _PLAIN, 79, -1.5, 0.3),
    Measure("A3A", "% candidates achieving 3+ A grades at GCE/Applied GCE A Level and Double Awards",
            "Key Stage 5", _AT_LEVEL, "High", 1, _AY, _REVISED, (*_REVISED, "2025 (Rev)"), 13, -3.5),
    Measure("PriTotAbs", "Total absence from Primary Schools- % half days missed", _SCHOOL,
            "% half days missed", "Low", 2, _AY, _UNTIL_2024, _PLAIN, 5.6, 0.5, -0.1),
    Measure("TotPermEx", "Total Permanent Explusions", _SCHOOL, "% of the school population", "Low", 2, _AY,
            _SLASH, _SLASH, 0.09, 0.03, 0.008),
    Measure("CINPermExclusion", "% with at least one permanent exclusion", "Children in Need", "% CIN", "Low",
            2, _AY, ("0", *_UNTIL_2024), ("0", *_UNTIL_2024), 1.2, 0.3),
    Measure("LAC_Fixed_ Ex", "Percentage of LAC pupil with at least one fixed exclusion", _SCHOOL,
            "% of Looked After Children", "Low", 2, _AY, _UNTIL_2024, _UNTIL_2024, 11, 1),
    Measure("HE_19_FSM",
            "Estimated % of 15 year old pupils from SF schools by FSM status entered HE by age 19 - FSM",
            _FURTHER, _ENTERED, "High", 1, _AY, _DASH, _DASH_LATER, 29, -1, 0.5),
    Measure("HE_19_Non_FSM",
            "Estimated % of 15 year old pupils from SF schools entered HE by age 19 - Non FSM", _FURTHER,
            _ENTERED, "High", 1, _AY, _DASH, _DASH_LATER, 49, -3, 0.4),
    Measure("L2Age19Gap", "Gap in the attainment of a Level 2 qualification by the age of 19 - FSM / Non FSM",
            _NINETEEN, "% gap", "Low", 2, _AY, _UNTIL_2024, _UNTIL_2024, 18, -0.8, 0.2),
    Measure("L3Age19Gap", "Inequality gap in the achievement of a Level 3 qualification by the age of 19",
            _NINETEEN, "% gap", "Low", 2, _AY, _UNTIL_2024, _UNTIL_2024, 25, -1.2, 0.2),
    Measure("No_3&4yr_olds", "", "Early Years", "Number of 3 & 4 yr olds", "-", 0, _AY, _PLAIN, _PLAIN, 0.105,
            -0.002, 0, 1e9, "children"),
    Measure("SEN_CASES_JAN", "", "Children with SEN", "Total cases", "-", 0, _JANUARY, _PLAIN, _PLAIN, 0.044,
            0.004, 0.003, 1e9, "children"),
    Measure("Work_Force_Vac_Rate", "Vacancy Rate", _WORKFORCE, "% vacancies", "Low", 1, _SEPTEMBER,
            _UNTIL_2024, _PLAIN, 18, 1.5, 0.3),
    Measure("Work_Force_AvgNumCase_SW",
            "Average number of cases per children and family social worker (based on FTE counts) ",
            _WORKFORCE, "Case Load", "Low", 1, _SEPTEMBER, _UNTIL_2024, _PLAIN, 16, 0.8, -0.1, 99),
    Measure("Sept_Guarantee", "September Guarantee", _FURTHER, "% of offers", "High", 2, _SEPTEMBER, _PLAIN,
            _PLAIN, 95, -0.6),
    Measure("RTA", "Number of children killed and seriously injured in RTAs", _HEALTH, "Rate per 100,000",
            "Low", 2, _CY, _THREE_CALENDAR, _THREE_CALENDAR_LATER, 16, 2.2, -0.2, 999),
    Measure("InfMort", "Infant Mortality rates per 1000 live births", _HEALTH, "Rate per 1000 live births",
            "Low", 1, _CY, _UNTIL_2024, _UNTIL_2024, 3.9, 0.6),
    Measure("Hosp_Adm_Alc_<18yrs", "Under 18s alcohol-specific hospital admissions rate / 100,000", _HEALTH,
            "Rate per 100,000", "Low", 2, _FY, _THREE_FINANCIAL, _THREE_FINANCIAL, 28, 5, -1, 999),
)  # fmt: skip


def write_dictionary(folder: Path) -> list[Sent]:
    """Write the dictionary below `folder`: one row a measure, but for one that stands under two topics."""
    rows: list[tuple[str, ...]] = []
    for number, measure in enumerate(MEASURES, start=101):
        rows.append(_described(measure, number, measure.topic))
        if measure.short == "CINPermExclusion":
            rows.append(_described(measure, number, _SCHOOL))
    columns = dict(zip(_HEADER, map(list, zip(*rows, strict=True)), strict=True))
    path = folder / DICTIONARY
    write_csv(path, columns, quoted=_HEADER, quote_header=True, bare="NA", newline="\r\n")
    return [Sent(DICTIONARY, "ref.lait_dictionary", "2026-02-11T09:30:00Z", kind="reference", department="dfe")]


def _described(measure: Measure, number: int, topic: str) -> tuple[str, ...]:
    """The row of the dictionary for a measure; long texts hold the odd line ends of the real one."""
    name = measure.item.strip() or f"{measure.short} ({measure.unit})"
    years = len(measure.later)
    return (
        str(number),
        topic,
        name,
        f"{name} - {measure.unit}",
        measure.short,
        measure.polarity,
        measure.unit,
        "State Funded" if measure.year_type == _AY else "NA",
        "None standard - manual process",
        f"Sample description of {name}.\r\r\n\r\r\nMade up for the sample; {years} periods.",
        "46051",
        "46407",
        "DfE",
        f"Numerator: as named by {measure.unit}.\r\r\nDenominator: see description.",
        "https://example.org/lait",
        "NA" if measure.decimals == 1 else str(measure.decimals),
        measure.year_type,
        "NA",
    )
