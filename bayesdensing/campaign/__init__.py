"""Many fits: each kept as soon as it is done, taken up where a run ended, on one machine or many.

It knows nothing of hypotheses: what a job is, its recipe says.
"""

from bayesdensing.campaign.job import Done, Job, Recipe, Row
from bayesdensing.campaign.running import Outcome, carry_out

__all__ = ["Done", "Job", "Outcome", "Recipe", "Row", "carry_out"]
