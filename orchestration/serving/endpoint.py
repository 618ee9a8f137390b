"""The release in force at the PostgreSQL server: loading it, switching to it, and taking away those before.

Belongs here: the order of these steps, and following the pointer. Does not belong here: each of them (`loading`,
`access`), and the server (`embedded`).

`marts` and `analysis` hold views, each over the table or view of that name in the schemas of the release in force and
of the one before; which of both answers is told by the one row of `oversight.in_force`, read in the snapshot of the
question itself. So the switch is one change of that row: it waits for nobody, and no statement can see two releases,
whatever it joins. Before it, each view is made anew by itself, waiting less for a lock than PostgreSQL waits before it
looks for a deadlock, so that it is never a reader who loses. A session that needs one release throughout calls
`oversight.stay()`, and until it ends the schemas of that release stay.
"""

import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.serving.access import Server, let_read, readers_of
from orchestration.serving.loading import SCHEMAS, load_release, schema_of
from orchestration.warehouse.store.catalogue import resolve_release

_LOCK_MS, _TRIES = 300, 200

_STAY = """
CREATE SCHEMA IF NOT EXISTS oversight;
CREATE TABLE IF NOT EXISTS oversight.in_force (
    release_id text NOT NULL, release_before text, since timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE FUNCTION oversight.stay() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    chosen text;
    part text;
BEGIN
    LOOP
        SELECT release_id INTO STRICT chosen FROM oversight.in_force;
        PERFORM pg_advisory_lock_shared(hashtext('oversight ' || chosen));
        EXIT WHEN chosen = (SELECT release_id FROM oversight.in_force);
        PERFORM pg_advisory_unlock_shared(hashtext('oversight ' || chosen));
    END LOOP;
    part := regexp_replace(lower(chosen), '[^a-z0-9]', '_', 'g');
    PERFORM set_config('search_path', format('%I, %I', 'analysis_' || part, 'marts_' || part), false);
    RETURN chosen;
END $$;
COMMENT ON FUNCTION oversight.stay() IS 'Read one release for the rest of this session; returns its id.';
"""


def bring_up_to_date(
    settings: Settings, dsn: str, tier: str, comments: dict[tuple[str, str], str], progress: Callable[[str], None]
) -> str:
    """Load the release of `tier` that is in force, switch to it if it is not shown, and drop those nobody needs.

    Returns its id. Raises OversightError if nothing is published, or the switch finds no moment without readers.
    """
    folder = resolve_release(settings, tier=tier)
    with psycopg.connect(dsn, autocommit=True) as server:
        server.execute(_STAY)
        if shown(server) != folder.name:
            readers = readers_of(tier)
            load_release(settings, dsn, folder, readers, comments, progress)
            for schema in SCHEMAS:
                let_read(server, schema_of(folder.name, schema), *readers)
            _switch(server, folder.name, readers)
            progress(f"{folder.name} is shown")
        _drop_old(server)
    return folder.name


def shown(server: Server) -> str | None:
    """The release whose rows `marts` and `analysis` show."""
    found = server.execute("SELECT release_id FROM oversight.in_force").fetchone()
    return str(found[0]) if found else None


def _switch(server: Server, release_id: str, readers: tuple[str, ...]) -> None:
    """Let the views know the release, then let them answer with it, then take away those that it has no table for."""
    before = shown(server)
    gone: list[sql.Composed] = []
    for schema in SCHEMAS:
        with server.transaction():
            server.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            server.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), _listed(readers)))
        present = _relations(server, schema)
        sources = {of: _relations(server, schema_of(of, schema)) for of in (release_id, before) if of}
        for view in sources[release_id]:
            _patiently(server, _made(server, schema, view, sources, present.get(view), readers))
        gone += [
            sql.SQL("DROP VIEW {}").format(sql.Identifier(schema, view))
            for view in present
            if view not in sources[release_id]
        ]
    with server.transaction():
        let_read(server, "oversight", *readers)
        server.execute("DELETE FROM oversight.in_force")
        server.execute("INSERT INTO oversight.in_force VALUES (%s, %s)", [release_id, before])
    for statement in gone:
        _patiently(server, statement)


def _relations(server: Server, schema: str) -> dict[str, dict[str, str]]:
    """Types of columns by name, in their order, by table or view of a schema."""
    found: dict[str, dict[str, str]] = {}
    for relation, column, kind in server.execute(
        """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
           FROM pg_class AS c
           JOIN pg_namespace AS n ON c.relnamespace = n.oid
           JOIN pg_attribute AS a ON a.attrelid = c.oid
           WHERE n.nspname = %s AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
           ORDER BY c.relname, a.attnum""",
        [schema],
    ).fetchall():
        found.setdefault(str(relation), {})[str(column)] = str(kind)
    return found


def _made(
    server: Server, schema: str, view: str, sources: dict[str, dict[str, dict[str, str]]],
    present: dict[str, str] | None, readers: tuple[str, ...],
) -> sql.Composed:  # fmt: skip
    """The statements that make one view, over the first of `sources` as it is, and over the others as far as they
    have its columns."""
    newest = next(iter(sources))
    columns = sources[newest][view]
    branches = []
    for release_id, relations in sources.items():
        if view not in relations:
            continue
        chosen = [
            sql.Identifier(name)
            if relations[view].get(name) == kind
            else sql.SQL("CAST({} AS {}) AS {}").format(
                sql.Identifier(name) if name in relations[view] else sql.NULL, sql.SQL(kind), sql.Identifier(name)
            )
            for name, kind in columns.items()
        ]
        branches.append(
            sql.SQL("SELECT {} FROM {} WHERE (SELECT release_id FROM oversight.in_force) = {}").format(
                sql.SQL(", ").join(chosen),
                sql.Identifier(schema_of(release_id, schema), view),
                sql.Literal(release_id),
            )
        )
    where = sql.Identifier(schema, view)
    statements = [
        sql.SQL("CREATE OR REPLACE VIEW {} WITH (security_invoker) AS {}").format(
            where, sql.SQL(" UNION ALL ").join(branches)
        ),
        sql.SQL("GRANT SELECT ON {} TO {}").format(where, _listed(readers)),
        *_comments(server, schema_of(newest, schema), schema, view),
    ]
    if present is not None and list(present.items()) != list(columns.items()):
        statements.insert(0, sql.SQL("DROP VIEW {}").format(where))
    return sql.SQL("; ").join(statements)


def _comments(server: Server, of: str, schema: str, view: str) -> list[sql.Composed]:
    """The comments of a release's table or view, for the view that shows it."""
    found = server.execute(
        """SELECT a.attname, d.description FROM pg_description AS d
           LEFT JOIN pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
           WHERE d.classoid = 'pg_class'::regclass AND d.objoid = %s::regclass""",
        [sql.Identifier(of, view).as_string(server)],
    ).fetchall()
    return [
        (
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(sql.Identifier(schema, view, str(column)), sql.Literal(said))
            if column is not None
            else sql.SQL("COMMENT ON VIEW {} IS {}").format(sql.Identifier(schema, view), sql.Literal(said))
        )
        for column, said in found
    ]


def _listed(readers: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, readers))


def _patiently(server: Server, statements: sql.Composed) -> None:
    """Run statements that need a table for themselves in one transaction, again and again until no reader is there."""
    for attempt in range(_TRIES):
        try:
            with server.transaction():
                server.execute(f"SET LOCAL lock_timeout = {_LOCK_MS}")
                server.execute(statements)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(min(0.05 * (attempt + 1), 1))
    raise OversightError("The release is loaded and not shown: readers hold the one before; it is tried again.")


def _drop_old(server: Server) -> None:
    """Drop the schemas of all releases but those that the views show, and those that a session stays with."""
    older = (
        "SELECT obj_description(oid, 'pg_namespace') AS release_id FROM pg_namespace WHERE nspname LIKE 'marts\\_%' "
        "EXCEPT SELECT unnest(ARRAY[release_id, release_before]) FROM oversight.in_force"
    )
    found = server.execute(older).fetchall()
    for release_id in [str(row[0]) for row in found if row[0] is not None]:  # without a name: being loaded
        key = f"oversight {release_id}"
        if server.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [key]).fetchone() != (True,):
            continue
        try:
            with server.transaction():
                server.execute(f"SET LOCAL lock_timeout = {_LOCK_MS}")
                for kind, schema in (("VIEW", "analysis"), ("TABLE", "marts")):
                    of = schema_of(release_id, schema)
                    listed = sql.SQL(", ").join(sql.Identifier(of, name) for name in _relations(server, of))
                    # Never CASCADE: a view that still shows it would go with it.
                    server.execute(sql.SQL("DROP {} {}").format(sql.SQL(kind), listed))
                    server.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(of)))
        except psycopg.errors.LockNotAvailable:
            pass  # somebody reads it: the next time
        finally:
            server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [key])
