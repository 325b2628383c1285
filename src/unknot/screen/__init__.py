"""Screening: history, today's answers, the drawing and the ranking to a `Clearance`."""
