"""The nightly job and its schedule, and what happens when it fails.

Belongs here: when things run. Does not belong here: what runs.
"""

import dagster as dg

from orchestration.settings import Settings


@dg.failure_hook
def tell_of_failure(context: dg.HookContext) -> None:
    """Run the notification hook of the installation when a step fails."""
    from orchestration.notify import notify

    error = context.op_exception
    notify(
        Settings(),
        {
            "event": "refresh_failed",
            "run_id": context.run_id,
            "step": context.step_key,
            "message": str(error) if error else "the step failed; the log says why",
        },
    )


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
