"""The paper's own point estimates, repeated from its figures: what of it is public."""

from bayesdensing.analysis.replicate.replication import Replication, replicate

__all__ = ["Replication", "replicate"]
