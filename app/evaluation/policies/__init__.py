"""The policies, in the order in which every phase of a pass takes them."""

from app.evaluation.policies import alias, binding, inventory, non_binding, sibling, wallet

POLICIES = (
    sibling.POLICY,
    alias.POLICY,
    non_binding.POLICY,
    binding.POLICY,
    inventory.POLICY,
    wallet.POLICY,
)
