"""Where the warehouse keeps its state and what limits it keeps to.

Belongs here: every value read from the environment (prefix `OVERSIGHT_`) and every path below
`OVERSIGHT_HOME`. Does not belong here: anything that touches those paths.
"""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_FOLDER = PROJECT_ROOT / "dbt_project"
DBT_MANIFEST = DBT_FOLDER / "target" / "manifest.json"


class Settings(BaseSettings):
    """Settings of one installation, read from the environment once per command."""

    model_config = SettingsConfigDict(env_prefix="OVERSIGHT_", extra="ignore")

    home: Path = Field(default=Path("var"), description="State of this installation.")
    contracts: Path = Field(default=PROJECT_ROOT / "contracts", description="Contracts of returns and references.")
    inbox: Path | None = Field(default=None, description="Drop folder; `<home>/inbox` unless set.")
    max_file_mb: int = Field(default=512, ge=1, description="Largest file accepted, unless a contract says less.")
    memory_limit: str = Field(default="3GB", description="DuckDB's memory limit.")
    threads: int = Field(default=2, ge=1, description="DuckDB's threads.")
    notify_command: str | None = Field(default=None, description="Command run on failure or refusal; JSON on stdin.")
    notify_webhook: str | None = Field(default=None, description="URL that gets the same JSON by POST.")
    notify_timeout_seconds: float = Field(default=30, gt=0, description="Longest one notification may take.")
    settle_seconds: float = Field(default=2, ge=0, description="A file unchanged so long is complete.")
    pull_timeout_seconds: float = Field(default=60, gt=0, description="Longest silence of a server.")
    pull_attempts: int = Field(default=4, ge=1, description="Attempts to fetch one source in one night.")
    price_base: str | None = Field(
        default=None, description="Financial year (`FY2023-24`) in whose prices real costs are; the latest unless set."
    )
    keep_builds: int = Field(default=2, ge=1, description="Candidates kept after they were refused.")
    keep_releases: int = Field(default=30, ge=1, description="Releases of a tier kept, however old they are.")
    keep_days: int = Field(default=400, ge=0, description="Days for which a release is kept, however many there are.")
    signing_key: Path | None = Field(default=None, description="Secret key that releases are signed with.")
    signing_password: SecretStr | None = Field(default=None, description="Password of the secret key, if it has one.")
    trusted_keys: Path | None = Field(default=None, description="Public keys that a release may be signed with.")

    @property
    def root(self) -> Path:
        """`OVERSIGHT_HOME` as an absolute path, so that a change of directory does not move it."""
        return self.home.expanduser().absolute()

    @property
    def landing(self) -> Path:
        """Bytes and receipts, never altered."""
        return self.root / "landing"

    @property
    def observations(self) -> Path:
        """Screened submissions as Parquet; derived, may be made again at any time."""
        return self.root / "observations"

    @property
    def build(self) -> Path:
        """The build database, candidates and the refresh lock."""
        return self.root / "build"

    @property
    def build_database(self) -> Path:
        """The fresh DuckDB file that dbt writes (one writer)."""
        return self.build / "build.duckdb"

    @property
    def candidates(self) -> Path:
        """Candidates waiting for, or refused by, the gate."""
        return self.build / "candidates"

    def candidates_of(self, tier: str) -> Path:
        """Candidates that may become releases of `tier`: those of tier restricted are what a refresh makes."""
        return self.for_tier(tier).candidates

    def for_tier(self, tier: str) -> "Settings":
        """The same installation, with a build of its own for another tier: what is built for one never meets another's.

        Everything but `build` and what lies in it is shared.
        """
        fields = {name: getattr(self, name) for name in Settings.model_fields}
        return Settings(**fields) if tier == "restricted" else _TierSettings(**fields, tier=tier)

    @property
    def releases(self) -> Path:
        """Published releases: `<tier>/<release_id>/`, immutable."""
        return self.root / "releases"

    @property
    def approvals(self) -> Path:
        """Sign-offs: `<tier>/<release_id>.jsonl`, append-only, beside the releases."""
        return self.root / "approvals"

    @property
    def pins(self) -> Path:
        """Releases kept for good: `<tier>/<release_id>.json`."""
        return self.root / "pins"

    @property
    def pruned(self) -> Path:
        """What remains of pruned releases: `<tier>/<release_id>/manifest.json`."""
        return self.root / "pruned"

    @property
    def serving(self) -> Path:
        """The embedded PostgreSQL server and the passwords of its roles; made again at any time."""
        return self.root / "serving"

    @property
    def as_at(self) -> Path:
        """Releases rebuilt as at a past time; never current."""
        return self.root / "as_at"

    @property
    def current(self) -> Path:
        """Pointers: `<tier>` is a symbolic link to the release in force."""
        return self.root / "current"

    @property
    def logs(self) -> Path:
        """Log files of commands and of dbt."""
        return self.root / "logs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run storage."""
        return self.root / "dagster"

    @property
    def outbox(self) -> Path:
        """Screening reports to send back, one per refused submission."""
        return self.root / "outbox"

    @property
    def drop_folder(self) -> Path:
        """Folder that the drop-folder connector watches."""
        return (self.inbox or self.root / "inbox").expanduser().absolute()


class _TierSettings(Settings):
    """Settings under which a tier besides the restricted one is built."""

    tier: str

    @property
    def build(self) -> Path:
        """The build database and the candidates of that tier."""
        return self.root / "build" / self.tier
