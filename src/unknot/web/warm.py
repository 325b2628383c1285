"""What a first page would have to load, loaded beside it when the app starts: templates, the forms of what is kept, the figures that drawings lie on.

Piece by piece, so that a page that is asked for meanwhile waits for one piece at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from unknot.body.atlas import atlas
from unknot.record import drawn, folded, ranked
from unknot.web.page import Page

VIEWS = ("front", "back")
"""What nearly every drawing lies on; the others are made when somebody asks for them."""
AFTER_S = 0.3
"""After the app was made: until then it does nothing but get ready to answer."""
BETWEEN_S = 0.005
"""Between two pieces others have the turn."""


def begin(page: Page) -> None:
    """Load all of it beside the app, which does not wait for it."""
    later = threading.Timer(AFTER_S, warm, args=(page,))
    later.daemon = True
    later.start()


def warm(page: Page) -> None:
    """Load all of it now."""
    for piece in _pieces(page):
        piece()
        time.sleep(BETWEEN_S)


def _pieces(page: Page) -> Iterator[Callable[[], object]]:
    for module in (folded, drawn, ranked):
        yield module.form
    for figure in page.k.figures:
        for view in VIEWS:
            yield partial(atlas().sheet, figure, view)
    for name in page.templates.list_templates(["html"]):
        yield partial(page.templates.get_template, name)
