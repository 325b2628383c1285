// The drawing stage: views to draw on with finger, pen, mouse or keyboard. It knows nothing of the page around it.
import { Atlas, coverage } from "./raster.js";
import { drawAll, colour, line, prepare } from "./ink.js";
import { layers, make, paths } from "./shapes.js";
import { warped } from "./warp.js";
import { Hand } from "./hand.js";
import { closeUp } from "./closeup.js";

const THIN = 2; // units between two kept points of a stroke
const MOST_POINTS = 2000;
const MOST_STROKES = 400;
const WIDE = "(min-width: 40rem)";

export class Stage {
  /** @param {HTMLElement} root the section that holds the tabs, the table and the tools  @param {object} words names, marks and messages */
  constructor(root, words, index) {
    this.root = root;
    this.words = words;
    this.table = root.querySelector(".table");
    this.base = root.dataset.atlas;
    this.atlas = new Atlas(index, words.lateral);
    this.figure = root.dataset.figure;
    this.strokes = [];
    this.picked = new Map();
    this.past = [];
    this.future = [];
    this.brush = { mode: "draw", width: 18, intensity: null, quality: "", deep: false };
    this.shown = null;
    this.views = {};
    this.sheet = "body";
    this.single = "front";
    this.hand = new Hand(this);
  }

  async start() {
    await this.load(this.figure);
    this.build();
    addEventListener("resize", () => this.resized());
    matchMedia(WIDE).addEventListener("change", () => this.build());
    return this;
  }

  async load(figure) {
    for (const one of new Set(["neutral", figure])) {
      if (!this.atlas.figures[one]) this.atlas.add(one, await this.fetch(`${one}.json`));
    }
  }

  async fetch(name) {
    const reply = await fetch(`${this.base}/${name}`);
    if (!reply.ok) throw new Error(`${name}: ${reply.status}`);
    return reply.json();
  }

  async setFigure(figure) {
    await this.load(figure);
    this.figure = figure;
    this.build();
  }

  /** The views that are up: a whole sheet side by side where there is room, one view where there is not. */
  up() {
    const all = Object.values(this.atlas.views).filter((v) => v.sheet === this.sheet);
    if (matchMedia(WIDE).matches && ["body", "sides"].includes(this.sheet)) return all;
    return [all.find((v) => v.id === this.single) || all[0]];
  }

  build() {
    this.hand.reset();
    this.table.replaceChildren();
    this.views = {};
    const pan = document.createElement("div");
    pan.className = "pan";
    this.table.append(pan);
    this.pan = pan;
    const up = this.up();
    this.table.dataset.pair = up.length > 1 ? "yes" : "no";
    for (const spec of up) pan.append(this.view(spec));
    this.paint();
    this.lights();
  }

  view(spec) {
    const figure = document.createElement("figure");
    figure.className = `view ${spec.sheet}`;
    const stack = document.createElement("div");
    stack.className = "stack";
    stack.dataset.view = spec.id;
    stack.dataset.wide = spec.width > spec.height ? "yes" : "no";
    const drawn = paths(this.atlas, this.figure, spec.id);
    const parts = layers(stack, spec, drawn, this.words.sites);
    parts.image.setAttribute("href", this.picture(spec));
    const caption = document.createElement("figcaption");
    const sides = spec.sides.map((side) => this.words.words[`client.${side}`]);
    for (const text of spec.sides.length === 2 ? [sides[0], spec.name, sides[1]] : [spec.name]) {
      const span = document.createElement("span");
      span.textContent = text;
      caption.append(span);
    }
    figure.append(stack, caption);
    this.views[spec.id] = { spec, stack, drawn, silhouette: new Path2D(drawn.silhouette), ...parts };
    const first = Object.values(parts.sites)[0];
    if (first) first.setAttribute("tabindex", "0");
    return figure;
  }

  /** The address of a view's shading. */
  picture(spec) {
    const stored = spec.mirrors || spec.id;
    const whose = this.atlas.figures[this.figure].views[stored] ? this.figure : "neutral";
    return `${this.base}/${whose}-${stored}.webp`;
  }

  /** Which sheet and view are up, and behind which tab the lit point stands. The buttons of a sheet stay, so that focus does. */
  tabs() {
    const some = Object.values(this.atlas.views).filter((v) => v.sheet === this.sheet);
    const holder = this.root.querySelector(".single");
    const up = this.up();
    holder.hidden = up.length > 1 || some.length < 2;
    if (holder.dataset.sheet !== this.sheet) {
      holder.dataset.sheet = this.sheet;
      holder.replaceChildren(...some.map((spec) => this.tab(spec)));
    }
    const best = this.shown?.point && this.viewOf(this.shown.point, this.shown.side);
    const here = best && !this.views[best.id] ? best : {};
    const mark = (button, on, point) => {
      button.setAttribute("aria-pressed", String(on));
      button.querySelector("small")?.remove();
      if (point) button.append(this.hereMark());
    };
    for (const button of this.root.querySelectorAll("[data-sheet]:is(button)")) mark(button, button.dataset.sheet === this.sheet, here.sheet === button.dataset.sheet && here.sheet !== this.sheet);
    for (const button of holder.children) mark(button, button.dataset.tab === up[0].id, button.dataset.tab === here.id);
  }

  tab(spec) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.tab = spec.id;
    button.textContent = spec.short;
    button.addEventListener("click", () => this.goTo(spec.id));
    return button;
  }

  /** The words on a tab that the lit point stands behind it. */
  hereMark() {
    const mark = document.createElement("small");
    mark.textContent = this.words.words["body.here"];
    return mark;
  }

  goTo(view) {
    const spec = this.atlas.views[view];
    if (!spec || this.views[view]) return;
    this.sheet = spec.sheet;
    this.single = view;
    this.build();
    this.say(this.words.words["body.now"].replace("{view}", spec.name));
  }

  openSheet(sheet) {
    const first = Object.values(this.atlas.views).find((v) => v.sheet === sheet);
    this.goTo(first.id);
  }

  resized() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  /** Put all ink and all coloured regions on the views that are up. */
  paint() {
    for (const view of Object.values(this.views)) this.paintOne(view);
    this.describe();
    const count = this.root.querySelector(".undo");
    if (count) count.disabled = !this.past.length;
    const redo = this.root.querySelector(".redo");
    if (redo) redo.disabled = !this.future.length;
  }

  paintOne(view) {
    const wide = view.stack.getBoundingClientRect().width || view.spec.width;
    const some = this.strokes.filter((s) => s.view === view.spec.id);
    drawAll(view.canvas, view.spec, wide, some, view.silhouette, (s) => warped(this.atlas, s, this.figure), this.words.ramp);
    prepare(view.live, view.spec, wide);
  }

  /** What every region is called aloud: its name, and how it is coloured. */
  describe() {
    if (this.countedOf !== this.strokes) [this.countedOf, this.drawn] = [this.strokes, coverage(this.strokes, this.atlas)];
    const drawn = this.drawn;
    for (const view of Object.values(this.views)) {
      for (const [site, path] of Object.entries(view.sites)) {
        const pick = this.picked.get(site);
        const found = pick || drawn[site];
        path.setAttribute("aria-checked", String(Boolean(found)));
        path.setAttribute("aria-label", this.label(site, found));
        path.setAttribute("class", `site${pick ? " picked" : ""}${pick?.deep ? " deep" : ""}`);
        if (pick) path.style.setProperty("--colour", colour(pick.intensity, this.words.ramp));
      }
    }
  }

  label(site, found) {
    const name = this.words.sites[site] || site;
    if (!found) return name;
    const say = this.words.words;
    const parts = [name, say["body.coloured"]];
    if (found.intensity != null) parts.push(say["body.of_ten"].replace("{n}", found.intensity));
    parts.push(...(Array.isArray(found.quality) ? found.quality : found.quality ? [found.quality] : []));
    if (found.deep) parts.push(say["body.deep"]);
    return parts.join(", ");
  }

  // ------------------------------------------------------------ what is drawn

  /** Begin and continue a stroke that is being drawn; nothing is kept until `finish`. */
  live(view, from, to) {
    const pen = view.live.getContext("2d");
    const scale = view.live.width / view.spec.width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = this.brush.mode === "erase" ? "#fff" : colour(this.brush.intensity, this.words.ramp);
    line(pen, [from, to], this.brush.width);
  }

  clearLive(view) {
    const pen = view.live.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, view.live.width, view.live.height);
  }

  finish(view, points) {
    this.clearLive(view);
    if (this.strokes.length >= MOST_STROKES) {
      this.say(this.words.words["body.full"]);
      return;
    }
    const stroke = { figure: this.figure, view: view.spec.id, atlas: 1, width: Math.round(this.brush.width), points: thinned(points, view.spec) };
    if (this.brush.mode === "erase") stroke.erase = true;
    else {
      if (this.brush.intensity !== null) stroke.intensity = this.brush.intensity;
      if (this.brush.quality) stroke.quality = [this.brush.quality];
      if (this.brush.deep) stroke.deep = true;
    }
    this.change([...this.strokes, stroke]);
    const touched = Object.keys(coverage([{ ...stroke, erase: false }], this.atlas)).map((site) => this.words.sites[site]);
    const key = stroke.erase ? "body.erased" : this.brush.intensity === null ? "body.stroke_unsaid" : "body.stroke";
    if (touched.length) this.say(this.words.words[key].replace("{sites}", touched.join(", ")).replace("{n}", this.brush.intensity));
    else this.say(this.words.words["body.missed"]);
  }

  /** A new set of strokes, that can be undone. */
  change(strokes) {
    const before = this.strokes;
    this.did({ undo: () => (this.strokes = before), redo: () => (this.strokes = strokes) });
    this.strokes = strokes;
    this.tell();
  }

  did(step) {
    this.past.push(step);
    this.future = [];
  }

  /** The page asks first: the answer is on its way while the body is painted. */
  tell() {
    this.root.dispatchEvent(new CustomEvent("drawing", { detail: { strokes: this.strokes } }));
    this.paint();
  }

  undo() {
    const step = this.past.pop();
    if (!step) return;
    step.undo();
    this.future.push(step);
    this.say(this.words.words["body.undone"]);
    this.tell();
  }

  redo() {
    const step = this.future.pop();
    if (!step) return;
    step.redo();
    this.past.push(step);
    this.say(this.words.words["body.redone"]);
    this.tell();
  }

  clear() {
    if (this.strokes.length) this.change([]);
    for (const site of [...this.picked.keys()]) this.ask("remove", site);
    this.say(this.words.words["body.cleared"]);
  }

  /** Choose a whole region, or take it back. The page keeps the list of chosen places; `picked` is its mirror. */
  toggle(site, undoing = false) {
    const on = this.picked.has(site);
    this.ask(on ? "remove" : "pick", site);
    if (!undoing) {
      const step = () => this.toggle(site, true);
      this.did({ undo: step, redo: step });
    }
    this.say(`${this.words.sites[site]}: ${this.words.words[on ? "body.off" : "body.coloured"]}`);
  }

  ask(what, site) {
    if (what === "remove") this.picked.delete(site);
    else this.picked.set(site, { intensity: this.brush.intensity, quality: this.brush.quality, deep: this.brush.deep });
    this.root.dispatchEvent(new CustomEvent(what, { detail: { site } }));
    this.paint();
  }

  setPicked(pains) {
    this.picked = new Map(pains.map((p) => [p.site, p]));
    this.describe();
  }

  /** Another drawing, as an opened file brings it: what was undone before is gone. */
  async setStrokes(strokes) {
    for (const stroke of strokes) await this.load(stroke.figure);
    this.past = [];
    this.future = [];
    this.strokes = strokes;
    this.paint();
  }

  // ------------------------------------------------------------ what is lit

  /** Light up a point with its referral, or the area of another explanation; null puts the light out. */
  async show(what) {
    this.shown = what;
    if (what && !this.places) this.places = await this.fetch("places.json");
    if (this.shown === what) this.lights();
  }

  lights() {
    const what = this.shown;
    for (const view of Object.values(this.views)) {
      for (const mask of Object.values(view.glow)) mask.replaceChildren();
      view.marks.replaceChildren();
      if (this.looked && view.drawn.sites[this.looked]) make("path", { d: view.drawn.sites[this.looked], class: "looked" }, view.marks);
      if (!what) continue;
      this.glow(view, what);
      this.place(view, what);
    }
    this.tabs();
  }

  /** Outline the place of which it is asked what refers there; "" takes the outline away. */
  look(site) {
    this.looked = site;
    this.lights();
  }

  /** Referred pain as hatching. */
  glow(view, what) {
    for (const [kind, list] of [["light", what.spillover], ["dense", what.essential], ["dense", what.area]]) {
      for (const site of list || []) {
        if (view.drawn.sites[site]) make("path", { d: view.drawn.sites[site], class: "lit", fill: "#fff" }, view.glow[kind]);
      }
    }
  }

  /** What the places of the atlas say of a view; hands and feet are the neutral figure's. */
  placed(spec, table) {
    const stored = spec.mirrors || spec.id;
    return table?.[this.figure]?.[stored] || table?.neutral?.[this.atlas.figures[this.figure].views[stored] ? "" : stored];
  }

  /** Points of the client's left on the side that is meant. */
  onSide(spec, side, points) {
    return points.map(([x, y]) => [flipped(spec, side) ? spec.width - x : x, y]);
  }

  /** Where a point stands in a view, or undefined. */
  spot(spec, what) {
    const at = this.placed(spec, this.places.points[what.point]);
    return at && this.onSide(spec, what.side, [at])[0];
  }

  /** A point's fibres and ring. */
  place(view, what) {
    if (!what.point || !this.places) return;
    if (view.spec.sides.length === 1 && what.side && view.spec.sides[0] !== what.side) return;
    for (const flat of this.placed(view.spec, this.places.muscles[what.muscle]) || []) {
      const points = [];
      for (let i = 0; i < flat.length; i += 2) points.push([flat[i], flat[i + 1]]);
      make("path", { d: `M${this.onSide(view.spec, what.side, points).map((p) => p.join(" ")).join("L")}`, class: "fibres" }, view.marks);
    }
    const at = this.spot(view.spec, what);
    if (!at) return;
    const [x, y] = at;
    const size = Math.max(view.spec.width, view.spec.height) / 130;
    make("circle", { cx: x, cy: y, r: size * 1.9, class: "halo" }, view.marks);
    make("circle", { cx: x, cy: y, r: size, class: "ring" }, view.marks);
  }

  /** The view in which a point is best seen: one that is up, or the first that shows it. */
  viewOf(point, side) {
    const table = this.places?.points[point]?.[this.figure] || this.places?.points[point]?.neutral || {};
    const shows = (spec) => (spec.mirrors || spec.id) in table && (spec.sides.length === 2 || spec.sides[0] === side);
    const all = Object.values(this.atlas.views).filter(shows);
    return all.find((spec) => this.views[spec.id]) || all[0];
  }

  /** Show the lit point's surroundings in `holder`: its skin, what is drawn there, fibres, ring and referral. */
  closeUp(holder) {
    const spec = this.shown?.point && this.viewOf(this.shown.point, this.shown.side);
    holder.hidden = !spec;
    if (spec) holder.replaceChildren(...closeUp(this, spec));
  }

  reveal() {
    if (!this.shown?.point) return;
    const spec = this.viewOf(this.shown.point, this.shown.side);
    if (spec) this.goTo(spec.id);
  }

  say(text) {
    this.root.querySelector(".spoken").textContent = text;
  }
}

const flipped = (spec, side) => (spec.sides.length === 2 ? side === "right" : Boolean(spec.mirrors));

/** Whole units inside the view, at least two apart, not more than a stroke may have. */
function thinned(points, spec) {
  const whole = points.map(([x, y]) => [Math.round(Math.min(Math.max(x, 0), spec.width)), Math.round(Math.min(Math.max(y, 0), spec.height))]);
  const kept = [whole[0]];
  for (const p of whole.slice(1)) {
    const q = kept[kept.length - 1];
    if (Math.hypot(p[0] - q[0], p[1] - q[1]) >= THIN) kept.push(p);
  }
  const last = whole[whole.length - 1];
  const end = kept[kept.length - 1];
  if (last[0] !== end[0] || last[1] !== end[1]) kept.push(last);
  const every = Math.ceil(kept.length / MOST_POINTS);
  return every > 1 ? kept.filter((_, i) => i % every === 0) : kept;
}
