"""What became of a piece of work, in sentences: for the terminal, the page and the note."""

from __future__ import annotations

from unknot.record.session_picture import span
from unknot.record.went import before_and_after
from unknot.treat.summary import Breach, Recheck, Taking, alone
from unknot.words import join, say


def taking_words(t: Taking, *, only: bool = False) -> list[str]:
    """One piece of work in sentences; only what there is to say. `only`: its place was taken up this once, and what it felt like is told of the place."""
    found = [say("session_done." + t.family, count=t.turns, pressed=span(t.pressed_ms))]
    if t.working is not None and not only:
        found.append(say("session.felt", change=before_and_after(alone(t))))
    if t.releases:
        after = [say("session.seconds", s=round(ms / 1000)) for _, ms in t.releases]
        found.append(say("session.released", after=join(after)))
    found += [breach_words(b) for b in t.breaches]
    if t.silences:
        found.append(say("session.silences", count=t.silences))
    if t.referrals:
        found.append(say("session.referrals", count=t.referrals))
    if t.sticks:
        places = [f"{round(100 * at)} %" for _, at in t.sticks]
        found.append(say("session.sticks", places=join(places)))
    return found


def breach_words(b: Breach) -> str:
    """A rating above the ceiling, plainly: "8, eased within 1 s, back to 5 after 3 s"."""
    within = max(1, -(-(b.within_ms or 0) // 1000))
    did = say("session_did." + (b.did or "let_go"))
    if b.back is None or b.back_ms is None:
        return say("session.breach", value=f"{b.value:g}", did=did, s=within)
    back = say("session.seconds", s=max(1, -(-b.back_ms // 1000)))
    return say("session.breach_back", value=f"{b.value:g}", did=did, s=within, back=f"{b.back:g}", after=back)


def recheck_words(r: Recheck | None) -> str:
    """What a recheck found; empty when there was none or nothing was told."""
    if r is None:
        return ""
    found = [say("session.found_discomfort", value=f"{r.discomfort:g}")] if r.discomfort is not None else []
    if r.familiar is not None:
        found.append(say("session_familiar.yes" if r.familiar else "session_familiar.no"))
    if r.tissue:
        found.append(say("session_tissue." + r.tissue))
    if r.motion:
        found.append(say("session_motion." + r.motion))
    return ", ".join(found)
