"""A session conducted in the terminal: the clock, the log and the keys around the engine.

The engine decides. Here *let go* and *ease* are shown at once; *press* and *more* only when their facts are on the disk; a log that
cannot be written means let go, and nothing else.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from unknot.case.plan import Plan
from unknot.case.plan_mapping import as_mapping
from unknot.cli.treat_keys import GONE, MENUS, Held, Keys, event_of
from unknot.errors import UnknotError
from unknot.treat.course import left_alone, without
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import LOGGED, MOTION, SCREENED, SYMPTOMS, TISSUE, Event
from unknot.treat.fact import Effect, Fact
from unknot.treat.session import CONTACT, Session

PRESSES = ("begin", "next", "repeat", "resume")
"""What is refused once the log cannot be written."""
URGENT = ("let_go", "ease")
"""Cues that are shown before anything is stored; everything else is shown when it cannot be lost any more."""
REFRESH_S = 0.1
TOLD_MS = 6000
"""How long a message stands."""


class Store(Protocol):
    """What keeps the facts."""

    def append(self, facts: Sequence[Fact], *, sync: bool = True) -> None:
        """Raises OSError when they cannot be kept."""


def clock() -> Callable[[], int]:
    """A monotonic clock from now on [ms]; where the system can, one that goes on while the machine sleeps."""
    which = getattr(time, "CLOCK_BOOTTIME", None)
    if which is None and sys.platform == "darwin":
        which = time.CLOCK_MONOTONIC  # counts sleep there, as time.monotonic does not
    ns: Callable[[], int] = time.monotonic_ns if which is None else partial(time.clock_gettime_ns, which)
    zero = ns()
    return lambda: (ns() - zero) // 1_000_000


@dataclass(slots=True)
class Menu:
    """A question of the program, answered by a letter; numbers, space, arrows and stop keep their meaning while it stands."""

    kind: str
    choices: tuple[tuple[str, str], ...]
    """(key, word)."""


@dataclass(slots=True)
class Shown:
    """What the screen tells beside the session itself."""

    cue: str = ""
    cue_at: int = 0
    message: str = ""
    """Key of the catalogue, with its section: `session_refused.not_now`."""
    words: dict[str, str] = field(default_factory=dict)
    message_at: int = 0
    menu: Menu | None = None
    span: tuple[int, int] = (0, 0)
    """From when to when the phase at hand lasts [ms]."""
    ratings: list[tuple[int, float]] = field(default_factory=list)
    """(time of the session [ms], rating) of the work at hand."""


class Conductor:
    """Conducts one session. `draw` shows it, and is called at once for what must not wait."""

    def __init__(
        self, session: Session, log: Store, now: Callable[[], int], draw: Callable[[Conductor], None],
        replan: Callable[[], tuple[Plan, object]] | None = None, answers: object = None,
    ) -> None:  # fmt: skip
        self.session = session
        self.began = session.plan
        self.facts: list[Fact] = []
        self.log = log
        self.now = now
        self.draw = draw
        self.replan, self.answers = replan, answers
        """What gives a plan that was written anew with the answers it stands on, and the answers that the session began with."""
        self.shown = Shown()
        self.broken = False
        """The log could not be written: nothing is pressed any more."""
        self.left = False
        self.told_to_go = False
        """The system wants the program to end: seen at the next turn of the loop, never in the middle of a step."""
        self._held = Held()
        self._found: dict[str, Any] = {}

    # ------------------------------------------------------------ events

    def tell(self, kind: str, by: str = "practitioner", **told: Any) -> bool:
        """Something happened now. Whether it was taken."""
        if self.broken and kind in PRESSES:
            self._say("session_refused.not_stored")
            return False
        return self._apply(Event(self.now(), kind, by, **told))

    def goes_on(self, facts: Sequence[Fact], gap: int | None) -> None:
        """The session had begun in a program that is gone: a new epoch, hands off."""
        self.facts = list(facts)
        self.tell("restarted", "program", value=None if gap is None else float(gap))
        self._ask_gone()

    def tick(self) -> None:
        """What is due now."""
        due = next_deadline(self.session)
        if due is not None and self.now() >= due:
            self._apply(Event(self.now(), "tick", "program"))

    def _apply(self, event: Event) -> bool:
        before = self.session
        self.session, facts, effects = step(before, event)
        self._watch(before, facts)
        self._perform([e for e in effects if not e.waits])
        if any(e.kind == "cue" and e.word in URGENT for e in effects):
            self.draw(self)
        if facts:
            self.facts += facts
            if not self._keep(facts):
                return False
        self._perform([e for e in effects if e.waits])
        self.draw(self)
        return not any(e.kind == "refuse" for e in effects)

    def _keep(self, facts: Sequence[Fact]) -> bool:
        if self.broken:
            return False
        try:
            self.log.append(facts)
        except OSError:
            self.broken = True
            self.session, more, effects = step(self.session, Event(self.session.now, "fail", "program", word="store"))
            self.facts += more
            self._perform([e for e in effects if e.kind == "cue"])
            self._say("session_refused.not_stored")
            self.draw(self)
        return not self.broken

    def _perform(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if effect.kind == "cue":
                self.shown.cue, self.shown.cue_at = effect.word, self.session.now
            elif effect.kind == "refuse":
                self._say("session_refused." + effect.word)
            elif effect.kind == "announce":
                self._say("session_told." + effect.word)

    def _say(self, key: str, **words: str) -> None:
        self.shown.message, self.shown.words, self.shown.message_at = key, words, self.now()

    def _watch(self, before: Session, facts: Sequence[Fact]) -> None:
        """What the screen needs of the way here."""
        s = self.session
        ends = [t for t in (s.phase_at, s.limit_at) if t is not None]
        if (s.phase, s.phase_at, s.turn) != (before.phase, before.phase_at, before.turn):
            self.shown.span = (s.now, min(ends)) if ends else (0, 0)
        for fact in facts:
            if fact.kind == "taken_up":
                self.shown.ratings = []
            elif fact.kind == "rate":
                self.shown.ratings.append((s.elapsed(s.now), float(fact.body["value"])))

    # ------------------------------------------------------------ keys

    def press(self, key: str) -> None:
        """A key of the keyboard or the pedal."""
        key = self._held.seen(key, self.now() / 1000)
        if key == GONE:
            self._gone()
        elif key in ("break", "escape", "s"):
            self._stop(key)
        elif self._choose(key):
            pass
        elif key in MENUS:
            self._open(MENUS[key])
        elif key == "q":
            self._leave()
        elif (told := event_of(key, self.session, self.now())) is not None:
            self.tell(told[0], **told[1])
        self._ask_gone()

    def _ask_gone(self) -> None:
        """A symptom stands between the hand and the plan: until it is answered, this is what is asked."""
        if self.session.screen_due and self.session.phase != "ended" and self.shown.menu is None:
            self._open("gone")

    def _stop(self, key: str) -> None:
        """Stop. With the hand off, escape takes a question away; where nothing is left to stop, a break leaves."""
        menu, self.shown.menu = self.shown.menu, None
        if menu is not None and key == "escape" and self.session.phase not in CONTACT:
            return
        if key == "break" and self.session.phase in ("stopped", "ended"):
            self.left = True
        else:
            self.tell("stop")

    def _gone(self) -> None:
        """The terminal is no longer there: nobody sees what is asked."""
        if self.session.phase != "ended":
            self.tell("fail", by="program", word="screen")
        self.left = True

    def _leave(self) -> None:
        if self.session.phase in ("waiting", "stopped", "ended", "ending") and not self.session.hands_on:
            self.left = True
        else:
            self._say("session_refused.hands_first")

    # ------------------------------------------------------------ menus

    def _open(self, kind: str) -> None:
        """Ask; before a symptom is named, the hand lets go."""
        if kind == "symptom" and self.session.phase in CONTACT:
            self.tell("stop")
        lists = {
            "symptom": [w for w in SYMPTOMS if w != "pinch"], "log": LOGGED, "recheck": ("yes", "no", "unsaid"), "end": ("yes", "no"),
            "gone": ("yes", "no", "plan"), "begin": [a.id for a in self.session.plan.applications],
        }  # fmt: skip
        self.shown.menu = Menu(kind, _lettered(lists.get(kind, ())))

    def _choose(self, key: str) -> bool:
        """Whether the key belongs to the question that stands; a letter that is no answer takes the question away."""
        menu = self.shown.menu
        if menu is None or not ((len(key) == 1 and key.isalpha()) or key == "?"):
            return False
        self.shown.menu = None
        word = dict(menu.choices).get(key)
        if word is not None:
            getattr(self, "_chose_" + menu.kind)(word)
        return word is not None or key == "?"

    def _chose_symptom(self, word: str) -> None:
        self.tell("symptom", word=word)

    def _chose_log(self, word: str) -> None:
        if self.tell("log", word=word):
            self._say("session_told.logged")

    def _chose_begin(self, word: str) -> None:
        self.tell("begin", application=word)

    def _chose_end(self, word: str) -> None:
        if word == "yes":
            self.tell("end")

    def _chose_recheck(self, word: str) -> None:
        """Three questions in a row: known pain, tissue, motion; then it is one fact."""
        self._found = {"familiar": {"yes": True, "no": False}.get(word)}
        self.shown.menu = Menu("tissue", _lettered((*TISSUE, "unsaid")))

    def _chose_tissue(self, word: str) -> None:
        self._found["tissue"] = word
        self.shown.menu = Menu("motion", _lettered((*MOTION, "unsaid")))

    def _chose_motion(self, word: str) -> None:
        told = {**self._found, "motion": word}
        if self.tell("recheck", data={k: v for k, v in told.items() if v not in (None, "unsaid")}):
            self._say("session_told.rechecked")

    def _chose_gone(self, word: str) -> None:
        """After a symptom: what is left of the plan. One that stays leaves nothing; new answers need a plan that was written anew."""
        if word == "no":
            self._say("session_told.stays")
        elif word == "yes":
            self._revise(self._left(self.session.plan))
        elif self.replan is not None:
            try:
                plan, answers = self.replan()
            except UnknotError as error:
                self._say("session_told.no_plan", why=str(error.problems[0])[:200])
                return
            if answers == self.answers:
                self._say("session_told.same_plan")
            else:
                self.answers = answers
                self._revise(self._left(plan))

    def _left(self, plan: Plan) -> Plan:
        """The plan without the places where warning signs of the place were felt."""
        return without(plan, left_alone(self.began, self.facts))

    def _revise(self, plan: Plan) -> None:
        self.tell("revise", word=SCREENED, data=as_mapping(plan))

    # ------------------------------------------------------------ the loop

    def run(self, keys: Keys) -> None:
        """Until somebody leaves, or the session has ended and a key is pressed."""
        while not self.left:
            self.tick()
            if self.told_to_go:
                self._gone()
            self.draw(self)
            over = self.session.phase == "ended"
            for key in keys.read(self._wait_s()):
                if over and key != GONE:
                    if self.session.hands_on:
                        self.tell("off")
                    self.left = True
                    break
                self.tick()
                self.press(key)

    def _wait_s(self) -> float:
        due = next_deadline(self.session)
        if due is None:
            return REFRESH_S
        return min(REFRESH_S, max(0.001, (due - self.now()) / 1000))


def _lettered(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Words with the letters that choose them: not `s`, which stops, `q` or `t`, which is ten."""
    signs = "abcdefghijklmnopruvwxyz"
    return tuple(zip(signs, words, strict=False))
