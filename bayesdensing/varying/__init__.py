"""What the headline depends on: a hypothesis fitted again with other choices made."""

from bayesdensing.varying.study import sensitivity

__all__ = ["sensitivity"]
