// Fingers, pen, mouse and keys on the stage: one finger draws, two zoom and move, keys walk from region to region.

const TAP = 10; // CSS pixels that a finger may slip in a tap
const FINGER = 22; // CSS pixels around a tap in which the nearest region counts
const LARGEST = 6;
const TWICE = 300; // milliseconds in which a second tap on the same region is a slip
const EDGE = 24; // CSS pixels that a region reached by keys keeps from the edge of the table

export class Hand {
  constructor(stage) {
    this.stage = stage;
    this.pointers = new Map();
    this.stroke = null;
    this.pen = false;
    this.zoom = { scale: 1, x: 0, y: 0 };
    const table = stage.table;
    table.addEventListener("pointerdown", (e) => this.down(e));
    table.addEventListener("pointermove", (e) => this.move(e));
    table.addEventListener("pointerup", (e) => this.up(e));
    table.addEventListener("pointercancel", (e) => this.cancel(e));
    table.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    table.addEventListener("keydown", (e) => this.key(e));
    table.addEventListener("dblclick", (e) => this.twice(e));
    table.addEventListener("pointerover", (e) => e.pointerType !== "touch" && this.hover(e));
    table.addEventListener("pointerleave", () => this.name(""));
    table.addEventListener("focusin", (e) => this.focused(e));
  }

  reset() {
    this.pointers.clear();
    this.stroke = null;
    this.zoom = { scale: 1, x: 0, y: 0 };
  }

  viewAt(event) {
    const stack = event.target.closest?.(".stack");
    return stack ? this.stage.views[stack.dataset.view] : null;
  }

  /** A place on the screen in units of a view. */
  units(view, event) {
    const box = view.stack.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * view.spec.width, ((event.clientY - box.top) / box.height) * view.spec.height];
  }

  /** One finger or the left button works, the middle button moves the body, two fingers zoom and move; a third changes nothing. */
  down(event) {
    if (event.button > 1) return;
    if (event.button === 1) event.preventDefault(); // no scrolling of the page's own
    if (event.pointerType === "pen") this.pen = true;
    this.stage.table.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, x0: event.clientX, y0: event.clientY, moves: event.button === 1 });
    if (this.pointers.size > 1) {
      this.drop();
      this.pinch = this.span();
      return;
    }
    const view = this.viewAt(event);
    const mode = this.stage.brush.mode;
    const palm = this.pen && event.pointerType === "touch";
    if (event.button || !view || palm || !["draw", "erase"].includes(mode)) return;
    event.preventDefault();
    const at = this.units(view, event);
    this.stroke = { view, id: event.pointerId, points: [at] };
    this.stage.live(view, at, at);
  }

  move(event) {
    const held = this.pointers.get(event.pointerId);
    if (!held) return;
    if (this.pointers.size > 1) {
      [held.x, held.y] = [event.clientX, event.clientY];
      this.pinched();
      return;
    }
    if (this.stroke && this.stroke.id === event.pointerId) {
      const many = event.getCoalescedEvents?.() || [];
      for (const one of many.length ? many : [event]) {
        const at = this.units(this.stroke.view, one);
        const before = this.stroke.points[this.stroke.points.length - 1];
        if (Math.hypot(at[0] - before[0], at[1] - before[1]) < 0.5) continue;
        this.stage.live(this.stroke.view, before, at);
        this.stroke.points.push(at);
      }
    } else if (this.zoom.scale > 1 || Math.hypot(event.clientX - held.x0, event.clientY - held.y0) > TAP) {
      this.shift(event.clientX - held.x, event.clientY - held.y);
    }
    [held.x, held.y] = [event.clientX, event.clientY];
  }

  up(event) {
    const held = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!held) return;
    if (this.pinch) {
      if (this.pointers.size > 1) this.pinch = this.span();
      if (!this.pointers.size) {
        this.pinch = null;
        this.stage.paint();
      }
      return;
    }
    if (this.stroke && this.stroke.id === event.pointerId) {
      const { view, points } = this.stroke;
      this.stroke = null;
      this.stage.finish(view, points);
      return;
    }
    if (held.moves) return;
    const still = Math.hypot(event.clientX - held.x0, event.clientY - held.y0) <= TAP;
    const site = still ? this.siteAt(event) : null;
    if (!site) return;
    const slip = this.tapped === site && event.timeStamp - this.tappedAt < TWICE;
    [this.tapped, this.tappedAt] = [site, event.timeStamp];
    if (this.stage.brush.mode === "tap" && !slip) this.stage.tap(site);
    if (this.stage.brush.mode === "look" && !slip) this.stage.root.dispatchEvent(new CustomEvent("place", { detail: { site } }));
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.drop();
    this.pinch = this.pointers.size > 1 ? this.span() : this.pointers.size ? this.pinch : null;
  }

  drop() {
    if (this.stroke) this.stage.clearLive(this.stroke.view);
    this.stroke = null;
  }

  /** The region under a finger, or the nearest one within its width. */
  siteAt(event) {
    const over = (x, y) => document.elementFromPoint(x, y)?.closest?.("[data-site]")?.dataset.site;
    for (let r = 0; r <= FINGER; r += FINGER / 4) {
      for (let a = 0; a < (r ? 12 : 1); a++) {
        const site = over(event.clientX + r * Math.cos((a * Math.PI) / 6), event.clientY + r * Math.sin((a * Math.PI) / 6));
        if (site) return site;
      }
    }
    return null;
  }

  // ------------------------------------------------------------ zoom

  span() {
    const [a, b] = [...this.pointers.values()];
    return { gap: Math.hypot(a.x - b.x, a.y - b.y) || 1, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  }

  pinched() {
    const now = this.span();
    this.zoomAt(now.gap / this.pinch.gap, now.x, now.y);
    this.shift(now.x - this.pinch.x, now.y - this.pinch.y);
    this.pinch = now;
  }

  zoomAt(factor, x, y) {
    const box = this.stage.table.getBoundingClientRect();
    const scale = Math.min(Math.max(this.zoom.scale * factor, 1), LARGEST);
    const ratio = scale / this.zoom.scale;
    const [px, py] = [x - box.left, y - box.top];
    this.zoom = { scale, x: px - (px - this.zoom.x) * ratio, y: py - (py - this.zoom.y) * ratio };
    this.moved();
  }

  shift(dx, dy) {
    this.zoom.x += dx;
    this.zoom.y += dy;
    this.moved();
  }

  moved() {
    const box = this.stage.table.getBoundingClientRect();
    const z = this.zoom;
    z.x = Math.min(0, Math.max(z.x, box.width * (1 - z.scale)));
    z.y = Math.min(0, Math.max(z.y, box.height * (1 - z.scale)));
    this.stage.pan.style.transform = z.scale === 1 ? "" : `translate(${z.x}px, ${z.y}px) scale(${z.scale})`;
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.stage.paint(), 180);
  }

  step(factor) {
    const box = this.stage.table.getBoundingClientRect();
    this.zoomAt(factor, box.left + box.width / 2, box.top + box.height / 2);
  }

  whole() {
    this.zoom = { scale: 1, x: 0, y: 0 };
    this.moved();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoomAt(Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
  }

  twice(event) {
    if (this.stage.brush.mode !== "look") return; // elsewhere every tap does something
    if (this.zoom.scale > 1) this.whole();
    else this.zoomAt(2.5, event.clientX, event.clientY);
  }

  // ------------------------------------------------------------ names and keys

  hover(event) {
    const site = event.target.closest?.("[data-site]")?.dataset.site;
    this.name(site ? this.stage.words.sites[site] : "");
  }

  /** The name of the place under the hand; with none, on an empty body, what to do. */
  name(text) {
    const line = this.stage.root.querySelector(".named");
    line.textContent = text || (this.stage.strokes.length || this.stage.picked.size ? "" : line.dataset.cue);
  }

  focused(event) {
    const path = event.target.closest?.("[data-site]");
    if (!path) return;
    for (const other of path.parentNode.children) other.setAttribute("tabindex", other === path ? "0" : "-1");
    if (!path.matches(":focus-visible")) return;
    this.name(this.stage.words.sites[path.dataset.site]);
    this.follow(path);
  }

  /** Move what is zoomed so that a region reached by keys is seen. */
  follow(path) {
    if (this.zoom.scale === 1) return;
    const box = this.stage.table.getBoundingClientRect(), at = path.getBoundingClientRect();
    const by = (low, high, from, to) => (high - low > to - from - 2 * EDGE ? (from + to - low - high) / 2 : Math.max(0, from + EDGE - low) + Math.min(0, to - EDGE - high));
    this.shift(by(at.left, at.right, box.left, box.right), by(at.top, at.bottom, box.top, box.bottom));
  }

  key(event) {
    const path = event.target.closest?.("[data-site]");
    if (!path) return;
    const stage = this.stage;
    const site = path.dataset.site;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in arrows) this.walk(path, arrows[event.key]);
    else if (event.key === "Enter" || event.key === " ") {
      if (stage.brush.mode === "look") stage.root.dispatchEvent(new CustomEvent("place", { detail: { site } }));
      else stage.tap(site);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (stage.picked.has(site)) stage.toggle(site);
    } else if (/^[0-9]$/.test(event.key)) {
      stage.root.dispatchEvent(new CustomEvent("level", { detail: { level: Number(event.key) || 10 } }));
      stage.sayNext(false);
    } else if (event.key === "d") {
      stage.root.dispatchEvent(new CustomEvent("deep"));
      stage.sayNext(true);
    } else if (event.key === "+" || event.key === "=") this.step(1.4);
    else if (event.key === "-") this.step(1 / 1.4);
    else return;
    event.preventDefault();
  }

  /** The nearest region in a direction: far to the side counts more than far ahead. */
  walk(path, [dx, dy]) {
    const view = this.stage.views[path.closest(".stack").dataset.view];
    const [x, y] = view.drawn.middle[path.dataset.site];
    let best = null, least = Infinity;
    for (const [site, [u, v]] of Object.entries(view.drawn.middle)) {
      const ahead = (u - x) * dx + (v - y) * dy;
      const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      if (site === path.dataset.site || ahead <= 1) continue;
      const far = ahead + 2 * aside;
      if (far < least) [best, least] = [site, far];
    }
    if (best) view.sites[best].focus({ preventScroll: true });
  }
}
