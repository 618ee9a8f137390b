"""Export of a return contract as Open Data Contract Standard (ODCS 3), for catalogues and other tools.

Contains the translation into the model of the standard's own package, and the check with its JSON Schema. Not here:
anything that reads ODCS back, because the contract under `contracts/` is the only source.

ODCS has no terms for wide columns, markers or period rules, so those are custom properties, under the names that
contracts use. Each layout becomes one ODCS schema object.
"""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import yaml
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    Description,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    ServiceLevelAgreementProperty,
    Support,
    Team,
    TeamMember,
)

from orchestration.contracts.measures import Measure
from orchestration.contracts.model import Column, Control, Layout, Owner, ReturnContract
from orchestration.foundation.errors import ContractError

API_VERSION = "v3.1.0"
_FREQUENCY = {"monthly": (1, "m"), "quarterly": (3, "m"), "annual": (1, "y")}
_NUMBERS = ("numerator", "denominator", "value", "lower_95", "upper_95", "lower_99_8", "upper_99_8")


def to_odcs(contract: ReturnContract, version: str = "1") -> OpenDataContractStandard:
    """Return the contract as an ODCS document; `version` is the contract's version."""
    return OpenDataContractStandard(
        apiVersion=API_VERSION,
        kind="DataContract",
        id=contract.return_code,
        version=version,
        status="active",
        name=contract.name,
        domain=contract.department,
        dataProduct=contract.return_code,
        tags=[contract.cadence, *contract.disclosure.tiers],
        description=Description(purpose=contract.description.strip(), usage=_usage(contract)),
        team=_team(contract.owner),
        support=[Support(channel=contract.owner.name, tool="email", url=f"mailto:{contract.owner.email}")],
        slaProperties=_service_levels(contract),
        schema=[_layout(contract, layout) for layout in contract.layouts],
        customProperties=_custom(
            burden=contract.burden.model_dump(),
            speaksFor=contract.speaks_for,
            markers=contract.markers,
            blank=contract.blank,
            waivers=[waiver.model_dump(mode="json") for waiver in contract.waivers],
            measures=[_measure(measure) for measure in contract.measures],
        ),
    )


def to_odcs_yaml(contract: ReturnContract, version: str = "1") -> str:
    """Return the ODCS document as YAML text; raise ContractError if it is not valid ODCS."""
    document = to_odcs(contract, version).model_dump(by_alias=True, exclude_unset=True)
    check_odcs(document)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def check_odcs(document: dict[str, Any]) -> None:
    """Raise ContractError unless `document` is valid by the standard's JSON Schema."""
    schema = json.loads(OpenDataContractStandard.json_schema())  # type: ignore[no-untyped-call]
    validator = jsonschema.validators.validator_for(schema)(schema)
    problems = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)
    ]
    if problems:
        raise ContractError(f"{document.get('id')}: not a valid ODCS document ({problems[0]}); fix the translation.")


def _usage(contract: ReturnContract) -> str:
    """Return the purpose of the measures, in one sentence."""
    domains = sorted({measure.domain for measure in contract.measures})
    if not domains:
        return "Measures that the file names itself."
    return f"Measures of {', '.join(domain.replace('_', ' ') for domain in domains)}."


def _team(owner: Owner) -> Team:
    return Team(name=owner.name, members=[TeamMember(username=owner.email, name=owner.name, role="owner")])


def _service_levels(contract: ReturnContract) -> list[ServiceLevelAgreementProperty]:
    """Return how often the return is due, and how long after the end of its period."""
    levels = []
    if contract.cadence in _FREQUENCY:
        value, unit = _FREQUENCY[contract.cadence]
        levels.append(ServiceLevelAgreementProperty(property="frequency", value=value, unit=unit))
    due = contract.due
    levels.append(
        ServiceLevelAgreementProperty(
            property="latency",
            value=due.months_after_period_end,
            unit="m",
            description=f"Due {due.months_after_period_end} months after the end of the period, "
            f"with {due.grace_days} days of grace.",
        )
    )
    return levels


def _layout(contract: ReturnContract, layout: Layout) -> SchemaObject:
    """Return one layout as a schema object."""
    roles = _roles(layout)
    wide = [
        {"columns": cell.columns, "measure": cell.measure, "items": cell.items} for cell in layout.cells if cell.columns
    ]
    return SchemaObject(
        name=layout.name,
        physicalName=contract.return_code,
        physicalType=layout.file.format,
        logicalType="object",
        properties=[_property(name, column, roles.get(name, [])) for name, column in layout.columns.items()],
        quality=[_control(control) for control in contract.controls],
        customProperties=_custom(
            file=layout.file.model_dump(exclude_none=True),
            period=layout.period.model_dump(exclude_none=True),
            wideColumns=wide,
            ignoredColumns=layout.ignore_columns,
            extraColumns=layout.extra_columns,
        ),
    )


def _roles(layout: Layout) -> dict[str, list[str]]:
    """Return the roles of each column: `period`, `location`, `characteristic`, or a figure of a measure."""
    roles: dict[str, list[str]] = {}
    for where, column in layout.column_references():
        roles.setdefault(column, []).append(where.removesuffix("s"))
    for cell in layout.cells:
        for role, column in cell.figures().items():
            roles.setdefault(column, []).append(role)
    return {column: sorted(set(names) - {"cell"}) or ["label"] for column, names in roles.items()}


def _property(name: str, column: Column, roles: list[str]) -> SchemaProperty:
    """Return one column. Figures may be sent with missing-value symbols among them, so the physical type is text."""
    exported = SchemaProperty(
        name=name,
        logicalType="number" if set(roles) & set(_NUMBERS) else "string",
        physicalType="text",
        required=False,
        customProperties=_custom(mustBePresent=column.required, roles=roles, aliases=column.aliases),
    )
    if column.meaning:
        exported.description = column.meaning
    return exported


def _control(control: Control) -> DataQuality:
    """Return a control as a rule in words, because ODCS has no identities between measures."""
    formula = "multiplier × numerator / denominator"
    if control.kind == "sum":
        formula = " + ".join(control.parts).replace("+ -", "- ")
    return DataQuality(
        type="text",
        name=control.name,
        description=f"{control.total} = {formula}, within {control.tolerance:g}.",
        dimension="consistency",
        severity="error" if control.severity == "refuse" else "warning",
    )


def _measure(measure: Measure) -> dict[str, Any]:
    return measure.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def _custom(**properties: Any) -> list[CustomProperty]:
    """Return custom properties, leaving out the empty ones."""
    return [
        CustomProperty(property=name, value=value)
        for name, value in properties.items()
        if value not in ([], {}, "", None)
    ]
