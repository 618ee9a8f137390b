"""The sample: invented returns in the format of their contracts, about an England that does not exist.

Contains its generation. Not here: reading any of it. Only the command `oversight sample` and tests import this package.
"""

from orchestration.sample.write import write_sample

__all__ = ["write_sample"]
