"""Jobs (refresh, draft, open publication), their schedules, and notifications of their failures.

Contains when the jobs run. Not here: their steps (`draft`, `open_publication`, the assets), or the content of
notifications (`failures`).
"""

import dagster as dg

from orchestration.contracts.publication import Publication
from orchestration.defs.draft import draft_open
from orchestration.defs.failures import run_failed_event, step_failed_event
from orchestration.defs.open_publication import publish_open
from orchestration.foundation.notify import notify
from orchestration.foundation.settings import Settings


@dg.failure_hook
def notify_failure(context: dg.HookContext) -> None:
    """Notify of a failed step, unless it has sent its own notification."""
    event = step_failed_event(context.run_id, context.step_key, context.op_exception)
    if event is not None:
        notify(Settings(), event)


nightly_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    hooks={notify_failure},
    description="Pull, land, screen, build, gate and publish: the whole data flow.",
)

nightly_schedule = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_job,
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at 2am.",
)


drafting_job = draft_open.to_job(hooks={notify_failure})
opening_job = publish_open.to_job(hooks={notify_failure})


def opening_schedule(rules: Publication) -> dg.ScheduleDefinition:
    """Return the schedule for every day at the time of publication, in its time zone."""
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
    description="Notifies of a job that failed outside its steps: a held lock, an invalid contract, a killed run.",
)
def failure_sensor(context: dg.RunFailureSensorContext) -> None:
    """Notify of a run that failed without a failed step; Dagster's daemon looks for such runs.

    A refresh from the command line sends this notification itself (`orchestration.refresh`). The daemon ignores it,
    because it is not part of a code location.
    """
    if not context.get_step_failure_events():
        data = context.failure_event.job_failure_data
        notify(Settings(), run_failed_event(context.dagster_run.run_id, data.error, context.failure_event.message))
