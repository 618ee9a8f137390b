"""Contains the one way this project opens HTTP connections: a `requests` session with our settings.

Not here: what is requested, when a request is repeated, and what an answer means (`returns.connectors.web`, `notify`).
"""

import logging
import ssl

import requests

# Below this level urllib3 logs whole addresses, and those of webhooks and signed downloads are secrets.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def open_session() -> requests.Session:
    """Return a session that uses the proxies of the environment and the certificates that the system trusts.

    `REQUESTS_CA_BUNDLE`, where it is set, replaces the system's certificates.
    """
    session = requests.Session()
    trusted = ssl.get_default_verify_paths()
    session.verify = trusted.cafile or trusted.capath or True
    session.auth = _no_login
    return session


def cause(error: BaseException) -> str:
    """Return the class name of the first error in a chain: the socket's, not those that wrap it.

    Messages of the errors contain whole addresses, so they are neither logged nor reported.
    """
    while error.__context__ is not None:
        error = error.__context__
    return type(error).__name__


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is; without this, logins of `~/.netrc` would replace the contract's headers."""
    return request
