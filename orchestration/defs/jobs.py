"""The nightly job, drafts for the public, the public's morning, their schedules, and who tells when they fail.

Belongs here: when things run. Does not belong here: what runs, or how a failure is told
(`orchestration.defs.failures`, `drafting`, `opening`).
"""

import dagster as dg

from orchestration.contracts.publication import Publication
from orchestration.defs.draft import draft_open
from orchestration.defs.failures import beginning_failed, step_failed
from orchestration.defs.open_publication import publish_open
from orchestration.foundation.notify import notify
from orchestration.foundation.settings import Settings


@dg.failure_hook
def tell_of_failure(context: dg.HookContext) -> None:
    """Tell of a step that failed, unless it has told of itself."""
    event = step_failed(context.run_id, context.step_key, context.op_exception)
    if event is not None:
        notify(Settings(), event)


nightly_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    hooks={tell_of_failure},
    description="Pull, land, screen, build, gate and publish: the whole way of the data.",
)

nightly_schedule = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_job,
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at two, when nobody watches.",
)


drafting_job = draft_open.to_job(hooks={tell_of_failure})
opening_job = publish_open.to_job(hooks={tell_of_failure})


def opening_schedule(rules: Publication) -> dg.ScheduleDefinition:
    """Every day at the time of publication, by the clocks of its zone."""
    time = rules.open.clock_time
    return dg.ScheduleDefinition(
        name="opening",
        job=opening_job,
        cron_schedule=f"{time.minute} {time.hour} * * *",
        execution_timezone=rules.open.zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every day at the time of publication, whether or not a draft is approved.",
    )


@dg.run_failure_sensor(
    name="failed_outside_its_steps",
    monitored_jobs=[nightly_job, drafting_job, opening_job],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells of a job that failed where no step could tell: a held lock, a broken contract, a killed run.",
)
def failure_sensor(context: dg.RunFailureSensorContext) -> None:
    """Tell of a run that failed without a failed step; Dagster's daemon looks for them.

    A refresh from the command line tells this itself (`orchestration.refresh`): the daemon leaves it alone, as
    it belongs to no code location.
    """
    if not context.get_step_failure_events():
        data = context.failure_event.job_failure_data
        notify(Settings(), beginning_failed(context.dagster_run.run_id, data.error, context.failure_event.message))
