"""Access to the PostgreSQL server.

Contains roles, their limits, and the rule that a department sees its own rows. Not here: the tables (`loading`).

An analyst sees the whole restricted tier. `department_<code>` sees the rows of its department, by row-level security on
every table with `department_code`, and all rows of the other tables (locations, periods, groups). The open tier has a
database of its own, and its only role cannot connect to any other.
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
    """Return the role of a department."""
    return f"department_{code}"


def readers_of(tier: str) -> tuple[str, ...]:
    """Return the roles that read a tier; those of departments are members of one of them."""
    return (OPEN_READER,) if tier == OPEN else (ANALYST, DEPARTMENTS)


def create_roles(server: Server, passwords: dict[str, str], *, connection_limit: int = 50) -> None:
    """Create the roles, or reset their passwords and limits; other roles stay unchanged."""
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


def restrict_database(server: Server, database: str, *readers: str) -> None:
    """Allow only these roles to connect to a database, and none to create objects in it."""
    name = sql.Identifier(database)
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    server.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for reader in readers:
        server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(reader)))


def restrict_rows(server: Server, schema: str, table: str, columns: list[str], readers: tuple[str, ...]) -> None:
    """Allow departments to see only their own rows of a table with `department_code`, and other readers all rows."""
    relation = sql.Identifier(schema, table)
    if "department_code" not in columns:
        return
    server.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(relation))
    for reader in readers:
        if reader == DEPARTMENTS:
            server.execute(
                sql.SQL(
                    "CREATE POLICY own_rows ON {} FOR SELECT TO {} "
                    "USING ('department_' || department_code = current_user)"
                ).format(relation, sql.Identifier(DEPARTMENTS))
            )
            continue
        server.execute(
            sql.SQL("CREATE POLICY {} ON {} FOR SELECT TO {} USING (true)").format(
                sql.Identifier(f"all_rows_{reader}"), relation, sql.Identifier(reader)
            )
        )


def grant_read(server: Server, schema: str, *readers: str) -> None:
    """Allow these roles to read everything in a schema."""
    for reader in readers:
        names = (sql.Identifier(schema), sql.Identifier(reader))
        server.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(*names))
        server.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(*names))
