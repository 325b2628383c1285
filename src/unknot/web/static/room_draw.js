// What the screen of a session draws: the ring, the mark of a step of discomfort, its curve, the strip of numbers.

const NS = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, parent = null) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

// A disc that is filled by as much as the step says: the scale's mark, readable without its colour.
export function mark(svg, step, colour) {
  svg.replaceChildren();
  if (step === null) {
    make("circle", { cx: 12, cy: 12, r: 9.5, class: "mark-none" }, svg);
    return;
  }
  const share = Math.max(0, Math.min(1, step / 10));
  make("circle", { cx: 12, cy: 12, r: 9.5, class: "mark-edge" }, svg);
  if (share >= 1) make("circle", { cx: 12, cy: 12, r: 9.5, fill: colour, class: "mark-fill" }, svg);
  else if (share > 0) {
    const angle = 2 * Math.PI * share;
    const x = 12 + 9.5 * Math.sin(angle), y = 12 - 9.5 * Math.cos(angle);
    make("path", { d: `M12 12V2.5A9.5 9.5 0 ${share > 0.5 ? 1 : 0} 1 ${x.toFixed(2)} ${y.toFixed(2)}Z`, fill: colour, class: "mark-fill" }, svg);
  }
}

export class Ring {
  constructor(svg) {
    this.svg = svg;
    make("circle", { cx: 50, cy: 50, r: 45, class: "track" }, svg);
    this.run = make("circle", { cx: 50, cy: 50, r: 45, class: "run", pathLength: 100, transform: "rotate(-90 50 50)" }, svg);
    make("path", { d: octagon(50, 50, 48), class: "halt-sign" }, svg);
    this.wait = make("circle", { cx: 50, cy: 50, r: 40.5, class: "wait", pathLength: 100, transform: "rotate(-90 50 50)" }, svg);
  }

  // `left` and `answer` are what is left of the time, 0 to 1; null where there is none.
  draw(word, left, answer) {
    this.svg.dataset.word = word;
    this.run.setAttribute("stroke-dasharray", `${(100 * (left ?? 0)).toFixed(2)} 200`);
    this.wait.setAttribute("stroke-dasharray", `${(100 * (answer ?? 0)).toFixed(2)} 200`);
    this.svg.classList.toggle("untimed", left === null);
    this.svg.classList.toggle("waits", answer !== null);
  }
}

function octagon(x, y, r) {
  const corners = Array.from({ length: 8 }, (_, i) => {
    const angle = Math.PI / 8 + (i * Math.PI) / 4;
    return `${(x + r * Math.cos(angle)).toFixed(2)} ${(y + r * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${corners.join("L")}Z`;
}

const LEFT = 26, UNDER = 20, HIGH = 10, LEAST_MS = 30_000;

// Ratings as steps, with the working band and the ceiling; what the dial said is a square, what was said aloud a disc.
// `upto`: how long the place has been worked on [ms].
export function curve(svg, points, band, words, colours, upto) {
  const WIDE = Math.max(160, svg.clientWidth), TALL = Math.max(60, svg.clientHeight), LOW = TALL - UNDER;
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${TALL}`);
  svg.replaceChildren();
  const span = Math.max(LEAST_MS, upto * 1.08);
  const x = (at) => LEFT + ((WIDE - LEFT - 8) * at) / span;
  const y = (value) => LOW - ((LOW - HIGH) * value) / 10;
  if (band) {
    make("rect", { x: LEFT, y: y(band.high), width: WIDE - LEFT, height: y(band.low) - y(band.high), class: "band" }, svg);
    make("path", { d: `M${LEFT} ${y(band.ceiling)}H${WIDE}`, class: "ceiling" }, svg);
    text(svg, WIDE - 2, y(band.ceiling) - 4, `${words.ceiling} ${band.ceiling}`, "end");
    text(svg, WIDE - 2, y(band.low) + (band.low < 1.5 ? -4 : 12), words.band, "end");
  }
  make("path", { d: `M${LEFT} ${LOW}H${WIDE}`, class: "axis" }, svg);
  for (const value of [0, 5, 10]) text(svg, LEFT - 6, y(value) + 4, String(value), "end");
  text(svg, LEFT, TALL - 3, "0 s", "start");
  text(svg, WIDE - 2, TALL - 3, `${Math.round(span / 1000)} s`, "end");
  if (!points.length) return;
  const line = points.map(([at, value], i) => `${i ? `H${x(at).toFixed(1)}V` : `M${x(at).toFixed(1)} `}${y(value).toFixed(1)}`).join("");
  make("path", { d: `${line}H${x(Math.max(upto, points.at(-1)[0])).toFixed(1)}`, class: "course" }, svg);
  for (const [at, value, by] of points) {
    const fill = colours[Math.round(value)];
    if (by === "dial") make("rect", { x: x(at) - 4, y: y(value) - 4, width: 8, height: 8, fill, class: "spot" }, svg);
    else make("circle", { cx: x(at), cy: y(value), r: 4.5, fill, class: "spot" }, svg);
  }
}

function text(svg, x, y, words, anchor) {
  make("text", { x, y, "text-anchor": anchor }, svg).textContent = words;
}

// Eleven wide fields in a row: a tap or a slide of a knuckle; what counts is where it is lifted.
export class Strip {
  constructor(element, scale, colours, said) {
    this.element = element;
    this.said = said;
    this.cells = scale.map((word, step) => {
      const cell = document.createElement("button");
      cell.type = "button";
      cell.className = step > 4 ? "dark" : "light";
      cell.setAttribute("aria-label", `${step}, ${word}`);
      const back = make("svg", { viewBox: "0 0 10 10", preserveAspectRatio: "none", class: "back", "aria-hidden": "true" }, cell);
      make("rect", { width: 10, height: 10, fill: colours[step] }, back);
      const number = document.createElement("span");
      number.textContent = step;
      cell.append(number);
      mark(make("svg", { viewBox: "0 0 24 24", class: "sign", "aria-hidden": "true" }, cell), step, step > 4 ? "#fff" : "#23201b");
      cell.addEventListener("click", (event) => { if (event.detail === 0) said(step); });
      element.append(cell);
      return cell;
    });
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => { if (this.held === event.pointerId) this.over(this.at(event)); });
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", () => this.over(null));
  }

  at(event) {
    const box = this.element.getBoundingClientRect();
    return Math.max(0, Math.min(10, Math.floor((11 * (event.clientX - box.left)) / box.width)));
  }

  down(event) {
    if (event.button) return;
    event.preventDefault();
    this.held = event.pointerId;
    this.element.setPointerCapture(event.pointerId);
    this.over(this.at(event));
  }

  up(event) {
    if (this.held !== event.pointerId) return;
    const step = this.at(event);
    this.over(null);
    this.said(step);
  }

  over(step) {
    if (step === null) this.held = null;
    this.cells.forEach((cell, i) => cell.classList.toggle("over", i === step));
  }

  show(rating, band) {
    this.cells.forEach((cell, step) => {
      cell.setAttribute("aria-pressed", String(rating !== null && Math.round(rating) === step));
      cell.classList.toggle("in-band", Boolean(band) && step >= band.low && step <= band.ceiling);
      cell.classList.toggle("too-much", Boolean(band) && step > band.ceiling);
    });
  }
}
