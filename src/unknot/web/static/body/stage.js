// The drawing stage: views to draw on with finger, pen, mouse or keyboard. It knows nothing of the page around it.
import { Atlas, coverage } from "./raster.js";
import { drawAll, colour, line, prepare } from "./ink.js";
import { layers, make, paths } from "./shapes.js";
import { warped } from "./warp.js";
import { carried, room, thinned, tidied } from "./line.js";
import { bestView } from "./seen.js";
import { Hand } from "./hand.js";
import { closeUp } from "./closeup.js";

const FINGER_MM = 10; // half a finger beside the band of what is easily hurt, as in body/danger.py
const RUBBED = 0.25; // share of a chosen region under one stroke of the eraser that takes it out
const STEPS = 200; // that can be undone
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
    this.expected = true; // whether the next word of the page on the chosen places answers a step that is already taken
    this.counts = new Map();
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
    if (holder.dataset.of !== this.sheet) {
      holder.dataset.of = this.sheet;
      holder.replaceChildren(...some.map((spec) => this.tab(spec)));
    }
    const best = this.shown?.point && bestView(this, this.shown);
    const here = best && !this.views[best.id] ? best : {};
    const mark = (button, on, point) => {
      button.setAttribute("aria-pressed", String(on));
      button.querySelector("small")?.remove();
      if (point) button.append(this.hereMark());
    };
    for (const button of this.root.querySelectorAll("[data-sheet]")) mark(button, button.dataset.sheet === this.sheet, here.sheet === button.dataset.sheet && here.sheet !== this.sheet);
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
    this.steps();
  }

  /** Whether there is something to undo and to do again. */
  steps() {
    this.root.querySelector(".undo").disabled = !this.past.length;
    this.root.querySelector(".redo").disabled = !this.future.length;
  }

  paintOne(view) {
    const wide = view.stack.getBoundingClientRect().width || view.spec.width;
    const some = this.strokes.filter((s) => s.view === view.spec.id);
    drawAll(view.canvas, view.spec, wide, some, view.silhouette, (s) => warped(this.atlas, s, this.figure), this.words.ramp);
    prepare(view.live, view.spec, wide);
  }

  /** What every region is called aloud: its name, and how it is coloured. */
  describe() {
    if (this.countedOf !== this.strokes) [this.countedOf, this.drawn] = [this.strokes, coverage(this.strokes, this.atlas, this.counts)];
    const drawn = this.drawn;
    for (const view of Object.values(this.views)) {
      for (const [site, path] of Object.entries(view.sites)) {
        const pick = this.picked.get(site);
        const found = pick || drawn[site];
        set(path, "aria-checked", String(Boolean(found)));
        set(path, "aria-label", this.label(site, found));
        set(path, "class", `site${pick ? " picked" : ""}${pick?.deep ? " deep" : ""}`);
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
    const erase = this.brush.mode === "erase";
    const stroke = { figure: this.figure, view: view.spec.id, atlas: 1, width: Math.round(this.brush.width), points: thinned(points, view.spec) };
    const kept = tidied(this.strokes, this.atlas);
    if (!room(kept, erase)) {
      this.warn(this.words.words["body.full"]);
      return;
    }
    const touched = coverage([stroke], this.atlas);
    if (erase) this.rub(kept, { ...stroke, erase }, touched);
    else this.change([...kept, this.coloured(stroke)]);
    this.told(erase, Object.keys(touched).map((site) => this.words.sites[site]));
  }

  /** A stroke with what the pencil says. */
  coloured(stroke) {
    const said = { ...stroke };
    if (this.brush.intensity !== null) said.intensity = this.brush.intensity;
    if (this.brush.quality) said.quality = [this.brush.quality];
    if (this.brush.deep) said.deep = true;
    return said;
  }

  /** Erase on every figure that was drawn on. A chosen region goes whole where the stroke begins in it or covers a good part of it. */
  rub(strokes, eraser, touched) {
    const [x, y] = eraser.points[0];
    const sheet = this.atlas.sheet(this.figure, eraser.view);
    const under = sheet.sites[sheet.labels[Math.min(y, sheet.height - 1) * sheet.width + Math.min(x, sheet.width - 1)]];
    const places = [...this.picked.values()];
    const left = places.filter(({ site }) => site !== under && (touched[site]?.coverage || 0) < RUBBED);
    const rows = carried(this.atlas, strokes, eraser);
    if (left.length < places.length) this.put({ strokes: [...strokes, ...rows], places: left });
    else if (rows.length) this.change([...strokes, ...rows]);
  }

  told(erase, names) {
    const key = erase ? "body.erased" : this.brush.intensity === null ? "body.stroke_unsaid" : "body.stroke";
    if (names.length) this.say(this.words.words[key].replace("{sites}", names.join(", ")).replace("{n}", this.brush.intensity));
    else this.say(this.words.words["body.missed"]);
  }

  // ------------------------------------------------------------ steps that can be undone

  /** The drawing and the chosen places as they stand: what one undo brings back. */
  now() {
    return { strokes: this.strokes, places: [...this.picked.values()] };
  }

  /** Keep how things stand before they change. */
  step() {
    this.past = [...this.past.slice(1 - STEPS), this.now()];
    this.future = [];
  }

  /** A new set of strokes. */
  change(strokes) {
    this.step();
    this.strokes = strokes;
    this.tell();
  }

  /** A new set of strokes and of chosen places. */
  put(then) {
    this.step();
    this.bring(then);
  }

  bring({ strokes, places }) {
    this.strokes = strokes;
    this.picked = new Map(places.map((pain) => [pain.site, pain]));
    this.expected = true;
    this.tell(places);
  }

  /** The page asks first: the answer is on its way while the body is painted. */
  tell(places = null) {
    this.root.dispatchEvent(new CustomEvent("drawing", { detail: { strokes: this.strokes, places } }));
    this.paint();
  }

  undo() {
    const then = this.past.pop();
    if (!then) return;
    this.future.push(this.now());
    this.say(this.words.words["body.undone"]);
    this.bring(then);
  }

  redo() {
    const then = this.future.pop();
    if (!then) return;
    this.past.push(this.now());
    this.say(this.words.words["body.redone"]);
    this.bring(then);
  }

  clear() {
    if (!this.strokes.length && !this.picked.size) return;
    this.put({ strokes: [], places: [] });
    this.say(this.words.words["body.cleared"]);
  }

  /** What a tap means: the region itself; with "deep" the deep places under it that have regions of their own. */
  meant(site) {
    const deep = this.brush.deep && !this.picked.has(site) && this.words.deep[site];
    return deep || [site];
  }

  /** What a tap means is chosen, or taken back. */
  tap(site) {
    for (const one of this.meant(site)) this.toggle(one);
  }

  /** Choose a whole region, or take it back. The page keeps the list of chosen places; `picked` is its mirror. */
  toggle(site) {
    this.step();
    const on = this.picked.has(site);
    if (on) this.picked.delete(site);
    else this.picked.set(site, this.coloured({ site }));
    this.expected = true;
    this.root.dispatchEvent(new CustomEvent(on ? "remove" : "pick", { detail: { site } }));
    this.paint();
    this.say(`${this.words.sites[site]}: ${this.words.words[on ? "body.off" : "body.coloured"]}`);
  }

  /** The chosen places as the page now lists them; what was changed there, by a name or in words, can be undone too. */
  setPicked(pains) {
    if (!this.expected && JSON.stringify(pains) !== JSON.stringify(this.now().places)) this.step();
    this.expected = false;
    this.picked = new Map(pains.map((p) => [p.site, p]));
    this.describe();
    this.steps();
  }

  /** Another drawing, as an opened file brings it: what was undone before is gone. */
  async setStrokes(strokes) {
    for (const stroke of strokes) await this.load(stroke.figure);
    this.past = [];
    this.future = [];
    this.expected = true;
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

  /** Path data of a flat list of places of the client's left, on the side that is meant. */
  line(spec, side, flat) {
    const points = [];
    for (let i = 0; i < flat.length; i += 2) points.push([flat[i], flat[i + 1]]);
    if (points.length === 1) points.push(points[0]);
    return `M${this.onSide(spec, side, points).map((p) => p.join(" ")).join("L")}`;
  }

  /** What is easily hurt near a point: its band on the skin. */
  dangers(view, what) {
    const stored = view.spec.mirrors || view.spec.id;
    const views = this.atlas.figures[this.figure].views[stored] || this.atlas.figures.neutral.views[stored];
    for (const [ident, near] of Object.entries(this.places.danger_near)) {
      const reach = this.places.danger_mm[ident];
      if (!(near[what.point] <= reach + FINGER_MM)) continue;
      for (const flat of this.placed(view.spec, this.places.dangers[ident]) || []) {
        make("path", { d: this.line(view.spec, what.side, flat), class: "easily-hurt", "stroke-width": (2 * reach) / views.mm }, view.marks);
      }
    }
  }

  /** A point's fibres with their ends, its ring, and what lies near it. */
  place(view, what) {
    if (!what.point || !this.places) return;
    if (view.spec.sides.length === 1 && what.side && view.spec.sides[0] !== what.side) return;
    const size = Math.max(view.spec.width, view.spec.height) / 130;
    this.dangers(view, what);
    for (const flat of this.placed(view.spec, this.places.muscles[what.muscle]) || []) {
      make("path", { d: this.line(view.spec, what.side, flat), class: "fibres" }, view.marks);
    }
    // a stroke along the muscle goes from the full dot to the open one
    for (const [x, y, last] of this.placed(view.spec, this.places.ends[what.muscle]) || []) {
      const [[cx, cy]] = this.onSide(view.spec, what.side, [[x, y]]);
      make("circle", { cx, cy, r: size * 0.45, class: last ? "end" : "beginning" }, view.marks);
    }
    const at = this.spot(view.spec, what);
    if (!at) return;
    const [x, y] = at;
    make("circle", { cx: x, cy: y, r: size * 1.9, class: "halo" }, view.marks);
    make("circle", { cx: x, cy: y, r: size, class: "ring" }, view.marks);
  }

  /** Show the lit point's surroundings in `holder`: its skin, what is drawn there, fibres, ring and referral. */
  closeUp(holder, what = this.shown) {
    const spec = what && bestView(this, what);
    holder.hidden = !spec;
    this.close = (this.close || 0) + 1; // masks and clips of several pictures on one page must not share a name
    if (spec) holder.replaceChildren(...closeUp(this, spec, what, this.close));
  }

  /** Put up the view that shows best what is lit. */
  reveal() {
    const spec = this.shown && bestView(this, this.shown);
    if (spec) this.goTo(spec.id);
  }

  /** Say what the next tap will say, after a key has changed it. `deep`: the key was that for deep. */
  sayNext(deep) {
    const { intensity, quality, deep: on } = this.brush;
    const say = this.words.words;
    const said = [];
    if (intensity !== null) said.push(say["body.of_ten"].replace("{n}", intensity));
    if (quality) said.push(say[`quality.${quality}`]);
    if (on || deep) said.push(say[on ? "body.deep" : "body.not_deep"]);
    this.say(say["body.next"].replace("{said}", said.join(", ")));
  }

  say(text) {
    this.root.querySelector(".spoken").textContent = text;
  }

  /** What must be seen, too. */
  warn(text) {
    this.root.dispatchEvent(new CustomEvent("warn", { detail: { text } }));
  }
}

const flipped = (spec, side) => (spec.sides.length === 2 ? side === "right" : Boolean(spec.mirrors));

/** Set an attribute where it differs: what stays the same is not worked out anew. */
function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
