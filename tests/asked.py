"""A questionnaire answered at one stroke, for what comes after it; page after page it is answered in the tests of screening itself."""

from __future__ import annotations

import re
from typing import Any

import httpx

from unknot.case.intake import Answer
from unknot.knowledge.load import knowledge
from unknot.screen.about import About
from unknot.screen.questions import asked_of


def answer_all(web: Any, base: str, of: About, *yes: str) -> None:
    """Every question of somebody new, follow-ups too: no, or yes to those that are named. `web` follows no redirect."""
    k, answers = knowledge(), dict[str, Answer]()
    while left := [q.id for q in asked_of(of, answers, k, came_before=False) if q.id not in answers]:
        answers |= {q: "yes" if q in yes else "no" for q in left}
    ticked = {f"yes.{q}": "1" for q, answer in answers.items() if answer == "yes"}
    web.post(f"{base}/ask", data={"shown": " ".join(answers), **ticked})
    assert web.get(f"{base}/ask").status_code == 303, "a question is left open"


def answer_rest(base: str, *yes: str, key: str = "") -> None:
    """What `answer_all` does from where a questionnaire stands, without a browser; `key` is that of a client's own phone."""
    with httpx.Client(follow_redirects=True, cookies={"unknot-form": key} if key else None) as web:
        reply = web.get(f"{base}/ask")
        while shown := re.search(r'name="shown" value="([^"]*)"', reply.text):
            ticked = {f"yes.{q}": "1" for q in yes if q in shown[1].split()}
            reply = web.post(f"{base}/ask", data={"shown": shown[1], **ticked})
            if str(reply.url).endswith("/marks"):
                reply = web.get(f"{base}/ask")
    assert str(reply.url).endswith("/words")
