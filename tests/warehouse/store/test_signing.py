"""Signatures of manifests: with the public key, readers find altered, lost and wrongly signed files."""

import base64
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import minisign
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import SecretStr
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.publishing.retention import prune
from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.catalogue import current_release
from orchestration.warehouse.store.signing import make_keys
from tests.expectations.small_warehouse import passed_candidate

SIGNATURE = "manifest.json.minisig"
CHANGES = "UPDATE marts.fct_observation SET value = {} WHERE observation_key = 1 AND version_number = 2"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the unsigned release r1, then r2 and r3, which are signed."""
    folder = tmp_path_factory.mktemp("signed")
    home = Settings(home=folder / "home")
    publish(home, passed_candidate(home, "r1"))
    secret, public = make_keys(home, folder / "keys")
    home = home.model_copy(update={"signing_key": secret, "trusted_keys": public})
    publish(home, passed_candidate(home, "r2", CHANGES.format(17)))
    publish(home, passed_candidate(home, "r3", CHANGES.format(18)))
    return home


@pytest.fixture
def home(signed: Settings, tmp_path: Path) -> Settings:
    """The same, to be damaged."""
    shutil.copytree(signed.root, tmp_path / "home", symlinks=True)
    return signed.model_copy(update={"home": tmp_path / "home"})


def release(home: Settings, name: str) -> Path:
    return home.releases / "restricted" / name


def found(home: Settings) -> dict[str, str]:
    """The problems that verify names, by what has them."""
    return {finding.what: "; ".join(finding.problems) for finding in verify_all(home) if finding.problems}


def put(path: Path, content: bytes) -> None:
    """Write over a sealed file."""
    path.parent.chmod(0o755)
    if path.exists():
        path.chmod(0o644)
    path.write_bytes(content)


def test_the_signature_is_one_as_minisign_describes_it(signed: Settings) -> None:
    assert signed.trusted_keys is not None
    key = base64.b64decode(signed.trusted_keys.read_bytes().splitlines()[1])
    untrusted, body, trusted, over_all = (release(signed, "r3") / SIGNATURE).read_bytes().splitlines()
    raw = base64.b64decode(body)
    digest = hashlib.blake2b((release(signed, "r3") / "manifest.json").read_bytes(), digest_size=64).digest()
    public = Ed25519PublicKey.from_public_bytes(key[10:])
    assert (key[:2], raw[:2], raw[2:10]) == (b"Ed", b"ED", key[2:10])
    assert untrusted.startswith(b"untrusted comment: ")
    assert trusted.startswith(b"trusted comment: release r3 tier restricted fingerprint ")
    public.verify(raw[10:], digest)
    public.verify(base64.b64decode(over_all), raw[10:] + trusted.removeprefix(b"trusted comment: "))


def test_releases_before_the_first_signature_are_vouched_for_by_it(signed: Settings) -> None:
    assert not (release(signed, "r1") / SIGNATURE).exists()
    assert found(signed) == {}


def test_a_manifest_altered_with_everything_that_names_it_is_found_by_its_signature(home: Settings) -> None:
    """Change files as someone with write access to all of them, but without the key."""
    manifest = release(home, "r3") / "manifest.json"
    altered = manifest.read_bytes().replace(b'"tier": "restricted"', b'"tier":  "restricted"')
    before = hashlib.sha256(manifest.read_bytes()).hexdigest()
    put(manifest, altered)
    log = home.releases / "audit.jsonl"
    put(log, log.read_bytes().replace(before.encode(), hashlib.sha256(altered).hexdigest().encode()))
    assert "manifest.json.minisig was not made for this manifest" in found(home)["restricted/r3"]


def test_a_signature_by_another_key_is_none(home: Settings, tmp_path: Path) -> None:
    secret, _ = make_keys(home, tmp_path / "theirs")
    forged = minisign.SecretKey.from_file(secret).sign((release(home, "r3") / "manifest.json").read_bytes())
    put(release(home, "r3") / SIGNATURE, bytes(forged))
    assert found(home) == {
        "restricted/r3": "manifest.json.minisig was not made for this manifest by a key of OVERSIGHT_TRUSTED_KEYS"
    }


def test_a_signature_of_an_earlier_release_is_none(home: Settings) -> None:
    put(release(home, "r3") / SIGNATURE, (release(home, "r2") / SIGNATURE).read_bytes())
    assert set(found(home)) == {"restricted/r3"}


@pytest.mark.parametrize(("gone", "named"), [("r2", set()), ("r3", {"restricted/r3"})])
def test_a_signature_may_be_missing_only_where_a_later_one_vouches(home: Settings, gone: str, named: set[str]) -> None:
    release(home, gone).chmod(0o755)
    (release(home, gone) / SIGNATURE).unlink()
    assert set(found(home)) == named


def test_an_old_key_goes_on_to_be_trusted_beside_the_new_one(home: Settings, tmp_path: Path) -> None:
    secret, public = make_keys(home, tmp_path / "new")
    assert home.trusted_keys is not None
    both = tmp_path / "both.pub"
    both.write_bytes(b"# since November\n" + public.read_bytes() + home.trusted_keys.read_bytes())
    home = home.model_copy(update={"signing_key": secret, "trusted_keys": both})
    publish(home, passed_candidate(home, "r4", CHANGES.format(19)))
    assert found(home) == {}
    assert set(found(home.model_copy(update={"trusted_keys": public}))) == {"restricted/r2", "restricted/r3"}


def test_the_signature_of_a_pruned_release_is_kept(home: Settings) -> None:
    home = home.model_copy(update={"keep_releases": 1, "keep_days": 0})
    for number in (4, 5):
        publish(home, passed_candidate(home, f"r{number}", CHANGES.format(15 + number)))
    prune(home, "restricted")
    assert (home.pruned / "restricted" / "r2" / SIGNATURE).is_file()
    assert found(home) == {}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda key: key.chmod(0o640), "which others may read; run: chmod 600"),
        (lambda key: key.unlink(), "cannot be used to sign (No such file or directory)"),
        (lambda key: key.write_bytes(b"untrusted comment: torn\nRW"), "cannot be used to sign"),
    ],
    ids=["readable by others", "missing", "torn"],
)
def test_a_key_that_cannot_be_used_publishes_nothing(
    home: Settings, tmp_path: Path, spoil: Callable[[Path], object], says: str
) -> None:
    secret, _ = make_keys(home, tmp_path / "spoilt")
    spoil(secret)
    home = home.model_copy(update={"signing_key": secret})
    with pytest.raises(OversightError) as raised:
        publish(home, passed_candidate(home, "r4", CHANGES.format(19)))
    assert says in str(raised.value)
    assert current_release(home) == "r3"
    assert not release(home, "r4").exists()


def test_a_key_with_a_password_signs_with_it_alone(home: Settings, tmp_path: Path) -> None:
    secret, _ = make_keys(home, tmp_path / "locked")
    key = minisign.SecretKey.from_file(secret)
    key.encrypt("Kensal Rise", opslimit=32768, memlimit=1 << 20)
    secret.write_bytes(bytes(key))
    home = home.model_copy(update={"signing_key": secret})
    candidate = passed_candidate(home, "r4", CHANGES.format(19))
    with pytest.raises(OversightError, match="set OVERSIGHT_SIGNING_PASSWORD"):
        publish(home, candidate)
    with pytest.raises(OversightError, match="wrong password") as raised:
        publish(home.model_copy(update={"signing_password": SecretStr("Kensal Green")}), candidate)
    assert "Kensal" not in str(raised.value)
    publish(home.model_copy(update={"signing_password": SecretStr("Kensal Rise")}), candidate)
    assert current_release(home) == "r4"


def test_keys_are_made_for_their_owner_alone_and_never_over_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERSIGHT_HOME", str(tmp_path / "home"))
    run = CliRunner()
    assert run.invoke(app, ["keygen", str(tmp_path / "keys")]).exit_code == 0
    secret = tmp_path / "keys" / "oversight.key"
    before = secret.read_bytes()
    assert (secret.stat().st_mode & 0o777, secret.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for folder, says in ((tmp_path / "keys", "exists"), (tmp_path / "home" / "keys", "inside OVERSIGHT_HOME")):
        done = run.invoke(app, ["keygen", str(folder)])
        assert says in str(done.exception)
    assert secret.read_bytes() == before


def test_a_signature_left_by_a_killed_publication_goes_where_there_is_no_key_any_more(home: Settings) -> None:
    home = home.model_copy(update={"signing_key": None, "trusted_keys": None})
    candidate = home.candidates / passed_candidate(home, "r4", CHANGES.format(19))
    shutil.copyfile(release(home, "r3") / SIGNATURE, candidate / SIGNATURE)
    publish(home, "r4")
    assert not (release(home, "r4") / SIGNATURE).exists()
