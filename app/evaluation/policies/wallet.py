"""Components that another holds without naming them: pods of a template.

They are found as non-binding edges are.
"""

from __future__ import annotations

from app.evaluation.policies.non_binding import identify
from app.evaluation.policy import Policy
from app.evaluation.relating import patch, plan
from app.evaluation.routes import WALLET

POLICY = Policy(WALLET, plan, identify, patch)
