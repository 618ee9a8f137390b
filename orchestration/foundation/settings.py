"""Settings: the folders and limits of an installation.

Contains every value read from the environment (prefix `OVERSIGHT_`) and every path below `OVERSIGHT_HOME`. Not here:
anything that reads or writes those paths.
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

    home: Path = Field(default=Path("var"), description="Folder of this installation.")
    contracts: Path = Field(default=PROJECT_ROOT / "contracts", description="Contracts of returns and references.")
    inbox: Path | None = Field(default=None, description="Drop folder; `<home>/inbox` unless set.")
    max_file_mb: int = Field(default=512, ge=1, description="Largest file accepted; a contract may lower it.")
    memory_limit: str = Field(default="3GB", description="DuckDB's memory limit.")
    threads: int = Field(default=2, ge=1, description="DuckDB's threads.")
    notify_command: str | None = Field(default=None, description="Command run on failure or refusal; JSON on stdin.")
    notify_webhook: str | None = Field(default=None, description="URL that receives the same JSON by POST.")
    notify_timeout_seconds: float = Field(default=30, gt=0, description="Time limit for one notification.")
    settle_seconds: float = Field(default=2, ge=0, description="Time after which an unchanged file counts as complete.")
    pull_timeout_seconds: float = Field(default=60, gt=0, description="Time limit for a server to respond.")
    pull_attempts: int = Field(default=4, ge=1, description="Attempts to fetch one source in one refresh.")
    price_base: str | None = Field(
        default=None, description="Financial year of constant prices (`FY2023-24`); the latest unless set."
    )
    keep_builds: int = Field(default=2, ge=1, description="Number of refused candidates to keep.")
    keep_releases: int = Field(
        default=30, ge=1, description="Number of releases to keep in a tier, whatever their age."
    )
    keep_days: int = Field(default=400, ge=0, description="Days to keep a release, whatever the number of releases.")
    signing_key: Path | None = Field(default=None, description="Secret key that signs releases.")
    signing_password: SecretStr | None = Field(default=None, description="Password of the secret key, if it has one.")
    trusted_keys: Path | None = Field(default=None, description="Public keys that verify signatures of releases.")

    @property
    def root(self) -> Path:
        """`OVERSIGHT_HOME` as an absolute path, independent of later changes of directory."""
        return self.home.expanduser().absolute()

    @property
    def landing(self) -> Path:
        """Landed files and receipts, never altered."""
        return self.root / "landing"

    @property
    def observations(self) -> Path:
        """Screened submissions as Parquet; they can be recreated at any time."""
        return self.root / "observations"

    @property
    def build(self) -> Path:
        """The build database, candidates and the refresh lock."""
        return self.root / "build"

    @property
    def build_database(self) -> Path:
        """New DuckDB file that dbt writes (one writer)."""
        return self.build / "build.duckdb"

    @property
    def candidates(self) -> Path:
        """Candidates that await the gate or were refused by it."""
        return self.build / "candidates"

    def candidates_of(self, tier: str) -> Path:
        """Return the folder of candidates for `tier`; a refresh creates those of the restricted tier."""
        return self.for_tier(tier).candidates

    def for_tier(self, tier: str) -> "Settings":
        """Return settings with a separate `build` folder for `tier`, so that builds of the tiers never mix.

        Everything else is shared.
        """
        fields = {name: getattr(self, name) for name in Settings.model_fields}
        return Settings(**fields) if tier == "restricted" else _TierSettings(**fields, tier=tier)

    @property
    def releases(self) -> Path:
        """Published releases, which are never altered: `<tier>/<release_id>/`."""
        return self.root / "releases"

    @property
    def approvals(self) -> Path:
        """Sign-offs: `<tier>/<release_id>.jsonl`, append-only."""
        return self.root / "approvals"

    @property
    def pins(self) -> Path:
        """Pins of releases that are never pruned: `<tier>/<release_id>.json`."""
        return self.root / "pins"

    @property
    def pruned(self) -> Path:
        """Manifests of pruned releases: `<tier>/<release_id>/manifest.json`."""
        return self.root / "pruned"

    @property
    def serving(self) -> Path:
        """The embedded PostgreSQL server and the passwords of its roles; they can be recreated at any time."""
        return self.root / "serving"

    @property
    def as_at(self) -> Path:
        """Releases rebuilt as at a past time; never current."""
        return self.root / "as_at"

    @property
    def current(self) -> Path:
        """Pointers: `<tier>` is a symbolic link to the current release."""
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
        """Screening reports for senders, one per refused submission."""
        return self.root / "outbox"

    @property
    def drop_folder(self) -> Path:
        """Folder that the drop-folder connector watches."""
        return (self.inbox or self.root / "inbox").expanduser().absolute()


class _TierSettings(Settings):
    """Settings for building a tier other than the restricted one."""

    tier: str

    @property
    def build(self) -> Path:
        """Build database and candidates of that tier."""
        return self.root / "build" / self.tier
