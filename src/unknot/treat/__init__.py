"""The session engine: pure, no clock, no file. `step(session, event)` gives the next session, the facts and the effects."""
