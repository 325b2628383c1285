"""How soon the ranking follows the pencil, in a real browser: end of a stroke to the new ranking on the page.

The drawing already holds all but one of its sites; the last one is drawn with the mouse and timed inside the page, from the pointer's
release to the moment at which the new answer has been put in its place.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from unknot.body.atlas import Atlas, atlas
from unknot.errors import Problem, UnknotError

SIZES = (3, 6, 12, 20, 40)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
START_S, WARM_S = 60, 20
FRAMES = 120

_TIME = """() => new Promise((done) => {
  const told = document.getElementById('told');
  let released = 0;
  addEventListener('pointerup', () => (released = performance.now()), { once: true, capture: true });
  const watch = new MutationObserver(() => { watch.disconnect(); done(performance.now() - released); });
  watch.observe(told, { childList: true });
})"""
_SCREENED = """() => { document.getElementById('rest').value = JSON.stringify({ history: { asked: 'all' }, today: { date: 'today', asked: 'all' } }); }"""
"""A screened client, so that what to press next is worked out too."""
_FRAMES = """(count) => new Promise((done) => {
  const stack = document.querySelector('.stack'), box = stack.getBoundingClientRect(), table = document.querySelector('.table');
  const at = (i) => ({ bubbles: true, pointerId: 9, pointerType: 'mouse', button: 0,
    clientX: box.x + box.width * (0.5 + 0.2 * Math.sin(i / 6)), clientY: box.y + box.height * (0.2 + 0.5 * i / count) });
  table.setPointerCapture = () => {};
  stack.querySelector('.over').dispatchEvent(new PointerEvent('pointerdown', at(0)));
  const times = [];
  let i = 0;
  const step = (now) => {
    times.push(now);
    for (let n = 0; n < 4; n++) table.dispatchEvent(new PointerEvent('pointermove', at(i + n / 4)));
    if (++i < count) requestAnimationFrame(step);
    else { table.dispatchEvent(new PointerEvent('pointerup', at(i))); done(times); }
  };
  requestAnimationFrame(step);
})"""


@dataclass(frozen=True, slots=True)
class Latency:
    """End of a stroke to ranking, with so many sites coloured."""

    sites: int
    drawings: int
    median_ms: float
    p95_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class Frames:
    """Pictures a second while a stroke is being drawn."""

    per_second: float
    longest_ms: float
    scale: float


def measure(drawings: int) -> tuple[list[Latency], Frames]:
    """Serve the app and draw on it. Raises UnknotError when no browser can be driven."""
    with _served() as address, _browser() as browser:
        rows = [_latency(browser, address, size, drawings) for size in SIZES]
        return rows, _frames(browser, address)


def _latency(browser: Any, address: str, size: int, drawings: int) -> Latency:
    page = browser.new_page(viewport={"width": 1366, "height": 820})
    page.goto(address)
    page.wait_for_function("() => window.unknot")
    page.evaluate(_SCREENED)
    page.select_option("#brush\\.size", "8")
    times = []
    for seed in range(drawings):
        before, last = _strokes(atlas(), size, seed)
        page.evaluate("async (s) => { const g = window.unknot.stage; await g.setStrokes(s); g.tell(); }", before)
        page.wait_for_timeout(400)
        box = page.locator('[data-view="front"]').bounding_box()
        page.mouse.move(box["x"] + last[0] / 600 * box["width"], box["y"] + last[1] / 1200 * box["height"])
        page.mouse.down()
        waiting = page.evaluate_handle(f"() => {{ window.timed = ({_TIME})(); }}")
        page.mouse.move(box["x"] + (last[0] + 4) / 600 * box["width"], box["y"] + (last[1] + 4) / 1200 * box["height"])
        page.mouse.up()
        times.append(float(page.evaluate("() => window.timed")))
        waiting.dispose()
    page.close()
    times.sort()
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    return Latency(size, drawings, statistics.median(times), p95, times[-1])


def _strokes(of: Atlas, size: int, seed: int) -> tuple[list[dict[str, Any]], tuple[int, int]]:
    """Dots on all but one of `size` sites that lie together, and the place of the last on the front."""
    chance = random.Random(seed)
    spots = []
    for view in ("front", "back"):
        sheet = of.sheet("neutral", view)
        for number in range(len(sheet.sites)):
            ys, xs = (sheet.labels == number).nonzero()
            if len(xs) > 300:
                near = int(((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2).argmin())
                spots.append((view, int(xs[near]), int(ys[near])))
    start = chance.choice([spot for spot in spots if spot[0] == "front"])
    spots.sort(key=lambda s: (s != start, (s[1] - start[1]) ** 2 + (s[2] - start[2]) ** 2))
    rows = [
        {"figure": "neutral", "view": v, "atlas": 1, "width": 12, "intensity": chance.randint(2, 9), "points": [[x, y]]}
        for v, x, y in spots[1:size]
    ]
    return rows, (start[1], start[2])


def _frames(browser: Any, address: str) -> Frames:
    scale = 3.0
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=scale)
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => window.unknot")
    page.wait_for_timeout(500)
    times = page.evaluate(_FRAMES, FRAMES)
    gaps = [b - a for a, b in itertools.pairwise(times[5:])]
    context.close()
    return Frames(1000 / statistics.mean(gaps), max(gaps), scale)


@contextmanager
def _served() -> Iterator[str]:
    """The app as a user starts it, on a free port; what it compiles at its start is ready before anything is timed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "from unknot.cli import main; main()"
    command = [sys.executable, "-c", program, "--no-browser", "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_S
        while not _answers(port):
            if time.monotonic() > deadline or running.poll() is not None:
                raise UnknotError(
                    [Problem("no_app", "bench draw", "the app did not start", "", "try `unknot` by itself")]
                )
            time.sleep(0.2)
        time.sleep(WARM_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _browser() -> Iterator[Any]:
    path = os.environ.get("UNKNOT_BROWSER") or next((p for name in BROWSERS if (p := shutil.which(name))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        todo = "uv sync (playwright belongs to the development group), and install Chromium"
        raise UnknotError([Problem("no_browser", "bench draw", "playwright is not installed", "", todo)]) from error
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
