"""The current release on the PostgreSQL server: loading it, switching to it, and dropping earlier ones.

Contains the switch and the order of these steps. Not here: loading (`loading`), access (`access`), or the server
(`embedded`, `server`).

`marts` and `analysis` contain views over the tables and views of the same name in the schemas of the current and the
previous release. The only row of `oversight.in_force` selects between the two, and PostgreSQL reads it in the snapshot
of the query. So the switch changes one row: it waits for no reader, and no statement sees two releases, whatever it
joins. Before the switch, each view is replaced in its own transaction. Its lock timeout is shorter than PostgreSQL's
deadlock timeout, so that a reader is never the one cancelled. A session that needs one release throughout calls
`oversight.stay()`, which keeps the schemas of that release until the session ends.
"""

import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.serving.access import Server, grant_read, readers_of
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
    """Load the current release of `tier`, switch to it if another is served, and drop releases no longer needed.

    Return its id. Raise OversightError if nothing is published, or if open queries block the switch.
    """
    folder = resolve_release(settings, tier=tier)
    with psycopg.connect(dsn, autocommit=True) as server:
        server.execute(_STAY)
        if served_release(server) != folder.name:
            readers = readers_of(tier)
            load_release(settings, dsn, folder, readers, comments, progress)
            for schema in SCHEMAS:
                grant_read(server, schema_of(folder.name, schema), *readers)
            _switch(server, folder.name, readers)
            progress(f"serving {folder.name}")
        _drop_old(server)
    return folder.name


def served_release(server: Server) -> str | None:
    """Return the release whose rows `marts` and `analysis` show."""
    row = server.execute("SELECT release_id FROM oversight.in_force").fetchone()
    return str(row[0]) if row else None


def _switch(server: Server, release_id: str, readers: tuple[str, ...]) -> None:
    """Add the release to the views, then switch to it, then drop views of tables that it does not have."""
    previous = served_release(server)
    drops: list[sql.Composed] = []
    for schema in SCHEMAS:
        with server.transaction():
            server.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            server.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), _listed(readers)))
        views = _relations(server, schema)
        sources = {
            release: _relations(server, schema_of(release, schema)) for release in (release_id, previous) if release
        }
        for view in sources[release_id]:
            _retry_locked(server, _view_statements(server, schema, view, sources, views.get(view), readers))
        drops += [
            sql.SQL("DROP VIEW {}").format(sql.Identifier(schema, view))
            for view in views
            if view not in sources[release_id]
        ]
    with server.transaction():
        grant_read(server, "oversight", *readers)
        server.execute("DELETE FROM oversight.in_force")
        server.execute("INSERT INTO oversight.in_force VALUES (%s, %s)", [release_id, previous])
    for statement in drops:
        _retry_locked(server, statement)


def _relations(server: Server, schema: str) -> dict[str, dict[str, str]]:
    """Return the types of columns by name, in order, for each table or view of a schema."""
    relations: dict[str, dict[str, str]] = {}
    for relation, column, kind in server.execute(
        """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
           FROM pg_class AS c
           JOIN pg_namespace AS n ON c.relnamespace = n.oid
           JOIN pg_attribute AS a ON a.attrelid = c.oid
           WHERE n.nspname = %s AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
           ORDER BY c.relname, a.attnum""",
        [schema],
    ).fetchall():
        relations.setdefault(str(relation), {})[str(column)] = str(kind)
    return relations


def _view_statements(
    server: Server, schema: str, view: str, sources: dict[str, dict[str, dict[str, str]]],
    present: dict[str, str] | None, readers: tuple[str, ...],
) -> sql.Composed:  # fmt: skip
    """Return the statements that create one view, with the columns of the first of `sources`; any missing in another
    source are null."""
    newest = next(iter(sources))
    columns = sources[newest][view]
    branches = []
    for release_id, relations in sources.items():
        if view not in relations:
            continue
        selected = [
            sql.Identifier(name)
            if relations[view].get(name) == kind
            else sql.SQL("CAST({} AS {}) AS {}").format(
                sql.Identifier(name) if name in relations[view] else sql.NULL, sql.SQL(kind), sql.Identifier(name)
            )
            for name, kind in columns.items()
        ]
        branches.append(
            sql.SQL("SELECT {} FROM {} WHERE (SELECT release_id FROM oversight.in_force) = {}").format(
                sql.SQL(", ").join(selected),
                sql.Identifier(schema_of(release_id, schema), view),
                sql.Literal(release_id),
            )
        )
    name = sql.Identifier(schema, view)
    statements = [
        sql.SQL("CREATE OR REPLACE VIEW {} WITH (security_invoker) AS {}").format(
            name, sql.SQL(" UNION ALL ").join(branches)
        ),
        sql.SQL("GRANT SELECT ON {} TO {}").format(name, _listed(readers)),
        *_comments(server, schema_of(newest, schema), schema, view),
    ]
    if present is not None and list(present.items()) != list(columns.items()):
        statements.insert(0, sql.SQL("DROP VIEW {}").format(name))
    return sql.SQL("; ").join(statements)


def _comments(server: Server, source: str, schema: str, view: str) -> list[sql.Composed]:
    """Return statements that copy the comments of a table or view in `source` to its view in `schema`."""
    descriptions = server.execute(
        """SELECT a.attname, d.description FROM pg_description AS d
           LEFT JOIN pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
           WHERE d.classoid = 'pg_class'::regclass AND d.objoid = %s::regclass""",
        [sql.Identifier(source, view).as_string(server)],
    ).fetchall()
    return [
        (
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(sql.Identifier(schema, view, str(column)), sql.Literal(text))
            if column is not None
            else sql.SQL("COMMENT ON VIEW {} IS {}").format(sql.Identifier(schema, view), sql.Literal(text))
        )
        for column, text in descriptions
    ]


def _listed(readers: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, readers))


def _retry_locked(server: Server, statements: sql.Composed) -> None:
    """Run statements that need an exclusive lock in one transaction, and retry while readers hold the relation."""
    for attempt in range(_TRIES):
        try:
            with server.transaction():
                server.execute(f"SET LOCAL lock_timeout = {_LOCK_MS}")
                server.execute(statements)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(min(0.05 * (attempt + 1), 1))
    raise OversightError(
        "The new release is loaded but cannot be switched to, because open queries are using the previous one; "
        "retrying."
    )


def _drop_old(server: Server) -> None:
    """Drop the schemas of all releases except those in the views and those that a session has called `stay` for."""
    older = (
        "SELECT obj_description(oid, 'pg_namespace') AS release_id FROM pg_namespace WHERE nspname LIKE 'marts\\_%' "
        "EXCEPT SELECT unnest(ARRAY[release_id, release_before]) FROM oversight.in_force"
    )
    rows = server.execute(older).fetchall()
    for release_id in [str(row[0]) for row in rows if row[0] is not None]:  # without a name: still being loaded
        key = f"oversight {release_id}"
        if server.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [key]).fetchone() != (True,):
            continue
        try:
            with server.transaction():
                server.execute(f"SET LOCAL lock_timeout = {_LOCK_MS}")
                for kind, schema in (("VIEW", "analysis"), ("TABLE", "marts")):
                    source = schema_of(release_id, schema)
                    names = sql.SQL(", ").join(sql.Identifier(source, name) for name in _relations(server, source))
                    # Never CASCADE: it would also drop a view that still uses the relation.
                    server.execute(sql.SQL("DROP {} {}").format(sql.SQL(kind), names))
                    server.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(source)))
        except psycopg.errors.LockNotAvailable:
            pass  # in use: drop it on the next pass
        finally:
            server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [key])
