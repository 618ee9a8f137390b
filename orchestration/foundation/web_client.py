"""HTTP connections: a `requests` session with this project's settings.

Contains opening a session, and the cause of an error. Not here: requests, retries and responses
(`orchestration.returns.connectors.web`, `notify`).
"""

import logging
import ssl

import requests

# Below this level urllib3 logs full addresses, and those of webhooks and signed downloads are secrets.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def open_session() -> requests.Session:
    """Return a session with the proxies of the environment and the certificates that the system trusts.

    `REQUESTS_CA_BUNDLE`, if set, replaces the system's certificates.
    """
    session = requests.Session()
    trusted = ssl.get_default_verify_paths()
    session.verify = trusted.cafile or trusted.capath or True
    session.auth = _no_login
    return session


def cause(error: BaseException) -> str:
    """Return the class name of the first error in a chain: that of the socket, not of its wrappers.

    The messages contain full addresses, so they are not logged or reported.
    """
    while error.__context__ is not None:
        error = error.__context__
    return type(error).__name__


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request unchanged; without this, logins in `~/.netrc` would replace the contract's headers."""
    return request
