"""The plan: chosen points, clearance and time to a plan with its limits resolved."""
