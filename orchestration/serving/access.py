"""Who may ask what of the PostgreSQL server.

Belongs here: roles, their limits, and the rule that a department sees its own rows. Does not belong here: what is
asked of.

An analyst sees the whole restricted tier; `department_<code>` sees the rows of its department, by row-level security on
every table that has `department_code`, and what is nobody's (places, periods, groups). The open tier has a database of
its own, whose one role reaches no other.
"""

import psycopg
from psycopg import sql

from orchestration.warehouse.store.catalogue import OPEN

ANALYST, OPEN_READER, DEPARTMENTS = "oversight_analyst", "oversight_open", "oversight_departments"

_LIMITS = (
    "default_transaction_read_only = on",
    "statement_timeout = '60s'",
    "idle_in_transaction_session_timeout = '10min'",
    "search_path = analysis, marts",
)

Server = psycopg.Connection[tuple[object, ...]]


def department_role(code: str) -> str:
    """The role of a department."""
    return f"department_{code}"


def readers_of(tier: str) -> tuple[str, ...]:
    """The roles that read a tier; those of departments as members of one."""
    return (OPEN_READER,) if tier == OPEN else (ANALYST, DEPARTMENTS)


def make_roles(server: Server, passwords: dict[str, str], *, connection_limit: int = 50) -> None:
    """Make the roles, or give them these passwords and limits anew; roles that nobody names stay as they are."""
    present = {str(row[0]) for row in server.execute("SELECT rolname FROM pg_roles").fetchall()}
    if DEPARTMENTS not in present and any(role.startswith("department_") for role in passwords):
        server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(DEPARTMENTS)))
    for role, password in passwords.items():
        name = sql.Identifier(role)
        verb = sql.SQL("ALTER" if role in present else "CREATE")
        server.execute(
            sql.SQL(
                "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS CONNECTION LIMIT {} PASSWORD {}"
            ).format(verb, name, sql.Literal(connection_limit), sql.Literal(password))
        )
        for limit in _LIMITS:
            server.execute(sql.SQL("ALTER ROLE {} SET " + limit).format(name))
        if role.startswith("department_"):
            server.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(DEPARTMENTS), name))


def close_database(server: Server, database: str, *readers: str) -> None:
    """Let these roles alone connect to a database, and nobody make anything in it."""
    name = sql.Identifier(database)
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    server.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for reader in readers:
        server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(reader)))


def guard_table(server: Server, schema: str, table: str, columns: list[str], readers: tuple[str, ...]) -> None:
    """Let a department see its own rows of a table, where rows belong to departments, and other readers all."""
    where = sql.Identifier(schema, table)
    if "department_code" not in columns:
        return
    server.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(where))
    for reader in readers:
        if reader == DEPARTMENTS:
            server.execute(
                sql.SQL(
                    "CREATE POLICY own_rows ON {} FOR SELECT TO {} "
                    "USING ('department_' || department_code = current_user)"
                ).format(where, sql.Identifier(DEPARTMENTS))
            )
            continue
        server.execute(
            sql.SQL("CREATE POLICY {} ON {} FOR SELECT TO {} USING (true)").format(
                sql.Identifier(f"all_rows_{reader}"), where, sql.Identifier(reader)
            )
        )


def let_read(server: Server, schema: str, *readers: str) -> None:
    """Let these roles read everything in a schema."""
    for reader in readers:
        words = (sql.Identifier(schema), sql.Identifier(reader))
        server.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(*words))
        server.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(*words))
