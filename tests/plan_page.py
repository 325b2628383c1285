"""What the tests of the plan page share: somebody whose answers are clear, with the page of their plan."""

from __future__ import annotations

import re
from html import unescape

import httpx
from playwright.sync_api import Page

from asked import answer_all
from unknot.knowledge.load import knowledge
from unknot.screen.about import About

K = knowledge()
POINT, KNOT = "infraspinatus.1@right", "trapezius.upper.1@right"
ROUNDS = "alternating_compression"


class Client:
    """Somebody in the practice of the server, asked everything, with or without a drawing."""

    def __init__(self, server: str, *, asked: bool = True, drawn: bool = True) -> None:
        self.web = httpx.Client(base_url=server, timeout=30)
        reply = self.web.post("/clients", data={"label": "K. 7", "age": "46", "sex": "female"})
        self.base = reply.headers["location"].removesuffix("/ask")
        self.plan = f"{self.base}/plan"
        if asked:
            self._answer()
        if drawn:
            found = [f"point|{POINT}|familiar", f"point|{KNOT}|tender"]
            ident = self.base.rsplit("/", 1)[1]
            fields = {
                "client": ident,
                "site": "shoulder.front@right",
                "intensity.shoulder.front@right": "7",
                "found": found,
            }
            assert self.web.post("/", data=fields).status_code == 200
        self.text = self.web.get(self.plan).text

    def _answer(self) -> None:
        answer_all(self.web, self.base, About(age=46, sex="female"))
        self.web.post(f"{self.base}/consent", data={"name": "X"} | {f"area.{a}": "1" for a in K.consent_areas})

    @property
    def version(self) -> str:
        found = re.search(r'name="version" value="(\d+)"', self.text)
        assert found
        return found[1]

    @property
    def rows(self) -> list[str]:
        """The applications in order."""
        return [
            unescape(i)
            for i in re.findall(r'class="tools"><input[^>]*><input type="hidden" name="id" value="([^"]*)"', self.text)
        ]

    @property
    def problem(self) -> str:
        found = re.search(r'role="alert">\s*<p>(.*?)</p>', self.text, re.S)
        return unescape(found[1]) if found else ""

    @property
    def said(self) -> str:
        found = re.search(r'role="status">([^<]*)', self.text)
        return unescape(found[1]) if found else ""

    def do(self, do: str, **fields: str) -> httpx.Response:
        """One change, as the script sends it."""
        reply = self.web.post(self.plan, data={"version": self.version, "do": do, **fields}, headers={"x-part": "plan"})
        self.text = reply.text
        return reply

    def row(self, number: int) -> str:
        """The text of a row."""
        found = re.search(rf'id="row-{number}".*?(?=<li class="(?:step|lying)|</ol>)', self.text, re.S)
        assert found
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", found[0])))


def of(client: Client, ident: str) -> int:
    return client.rows.index(ident) + 1


def begun(client: Client) -> str:
    """The address of a session of what the page shows."""
    seen = re.search(r'name="seen" value="([^"]*)"', client.text)
    assert seen
    return client.web.post(f"{client.base}/sessions", data={"seen": seen[1]}).headers["location"]


def titles(page: Page) -> list[str]:
    return page.locator(".step h3").all_inner_texts()


def open_plan(page: Page, server: str, client: Client) -> list[str]:
    page.goto(f"{server}{client.plan}")
    page.wait_for_selector("body.scripted")
    return titles(page)
