"""Contains sample returns: what departments might send by their contracts, about an England that does not exist.
Not here: reading any of it. Nothing else in the project imports this but the command `oversight sample` and tests.
"""

from orchestration.sample.write import write_sample

__all__ = ["write_sample"]
