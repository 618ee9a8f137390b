"""Sample returns: what departments really send, about an England that does not exist.

Belongs here: generators of files in the shapes, dialects and oddities of the real returns, and of the
reference files they need. Does not belong here: reading any of them; nothing else in the project imports
this but the command `oversight sample` and tests.
"""

from orchestration.sample.write import write_sample

__all__ = ["write_sample"]
