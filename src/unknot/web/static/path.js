// The path of a roll, drawn on the body map by finger, pencil, mouse or keys. The server says what it comes to, and whether it is allowed.
import { thinned } from "./body/line.js";

const FAR = 10; // pixels from which a touch is a line and not a tap
const MOST = 180; // points that are sent; the plan takes 200
const STEP_MM = 10, FINE_MM = 2; // of the cross, by keys
const WAIT_MS = 350; // after the last point before the server is asked
const NS = "http://www.w3.org/2000/svg";
const dialog = document.getElementById("path");
let pen = null;

/** Opens the map for one row. `done` takes the plan as it stands after a change, with the status of the reply. */
export async function openPath(button, done) {
  const fields = new FormData(button.form);
  pen = { action: button.dataset.draws, id: fields.get("id"), done, from: button.dataset.key, turn: 0, lines: {} };
  if (await show("")) {
    dialog.showModal();
    pad().focus({ preventScroll: true });
  } else done(null);
}

const form = () => dialog.querySelector("form");
const pad = () => dialog.querySelector(".path-pad");
const told = () => dialog.querySelector("#path-told");
const post = (address, fields, headers = {}) => fetch(address, { method: "POST", headers, body: new URLSearchParams(fields) }).catch(() => null);

/** One view to draw on; a line that was drawn on it before, since the map was opened, is there again. */
async function show(view) {
  if (pen.view) pen.lines[pen.view] = pen.points;
  const reply = await post(pen.action, { id: pen.id, view });
  if (!reply?.ok) return false;
  dialog.innerHTML = await reply.text();
  const points = form().elements.points.value;
  pen.view = form().elements.view.value;
  const drawn = pen.lines[pen.view];
  pen.points = drawn ?? (points ? points.split(" ").map((one) => one.split(",").map(Number)) : []);
  pen.mm = Number(form().dataset.mm);
  pen.cross = null;
  draw();
  if (drawn) ask();
  return true;
}

// ------------------------------------------------------------ the line

function make(name, values, inside) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, String(value));
  inside.append(made);
}

function draw() {
  const layer = pad().querySelector(".drawn"), unit = pad().querySelector("svg").viewBox.baseVal.width / 100;
  layer.replaceChildren();
  const { points, cross } = pen, d = `M${points.map((p) => p.join(" ")).join("L")}`;
  if (points.length > 1) for (const name of ["path-under", "path-line"]) make("path", { class: name, d }, layer);
  if (points.length) make("circle", { class: "path-from", cx: points[0][0], cy: points[0][1], r: 1.8 * unit }, layer);
  if (points.length > 1) make("circle", { class: "path-to", cx: points.at(-1)[0], cy: points.at(-1)[1], r: 1.8 * unit }, layer);
  if (cross) for (const name of ["path-under", "path-cross"]) make("path", { class: name, d: `M${cross[0] - 5 * unit} ${cross[1]}h${10 * unit}M${cross[0]} ${cross[1] - 5 * unit}v${10 * unit}` }, layer);
  form().elements.points.value = points.map((p) => p.join(",")).join(" ");
  dialog.querySelector("[data-path=keep]").disabled = points.length < 2;
  dialog.querySelector("[data-path=clear]").disabled = !points.length;
}

/** The line as it is sent: whole units, no more points than a plan takes. */
function set(points) {
  const box = pad().querySelector("svg").viewBox.baseVal;
  const spec = { width: box.x + box.width, height: box.y + box.height };
  let kept = thinned(points, spec);
  while (kept.length > MOST) kept = kept.filter((_, i) => i % 2 === 0 || i === kept.length - 1);
  pen.points = kept;
  draw();
  ask();
}

const long = () => pen.points.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - pen.points[i][0], y - pen.points[i][1]), 0) * pen.mm;

/** The name of the place under a point, of the skin that lies below all that is drawn. */
function under([x, y]) {
  const at = new DOMPoint(x, y).matrixTransform(pad().querySelector("svg").getScreenCTM());
  return document.elementFromPoint(at.x, at.y)?.dataset?.name || told().dataset.beside;
}

function say(key, values = {}) {
  const line = document.createElement("p");
  line.textContent = told().dataset[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  told().replaceChildren(line);
}

/** What the line comes to: at once in length, then by the server in dose and minutes, or why it is refused. */
function ask() {
  clearTimeout(pen.timer);
  const mine = ++pen.turn, { points } = pen;
  if (points.length < 2) return say(points.length ? "first" : "none", { where: points.length ? under(points[0]) : "" });
  say("more", { count: points.length, length: Math.round(long()), where: under(points.at(-1)) });
  pen.timer = setTimeout(async () => {
    const reply = await post(pen.action, { ...Object.fromEntries(new FormData(form())), do: "path" });
    if (mine !== pen?.turn || !dialog.open) return;
    if (reply && [200, 422].includes(reply.status)) refused(await reply.text(), reply.status === 422);
  }, WAIT_MS);
}

/** What the server says of the line; one that is refused is drawn as such and cannot be kept. */
function refused(html, wrong) {
  told().innerHTML = html;
  pad().classList.toggle("refused-path", wrong);
  dialog.querySelector("[data-path=keep]").disabled = wrong || pen.points.length < 2;
}

// ------------------------------------------------------------ finger, pencil, mouse

function at(event) {
  const found = new DOMPoint(event.clientX, event.clientY).matrixTransform(pad().querySelector("svg").getScreenCTM().inverse());
  return [Math.round(found.x), Math.round(found.y)];
}

dialog.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".path-pad") || event.button || !event.isPrimary) return;
  event.preventDefault();
  pad().focus({ preventScroll: true });
  pad().setPointerCapture(event.pointerId);
  clearTimeout(pen.timer);
  pen.line = { id: event.pointerId, x: event.clientX, y: event.clientY, before: pen.points, points: [at(event)], far: false };
  pen.cross = null;
});
dialog.addEventListener("pointermove", (event) => {
  const line = pen?.line;
  if (!line || event.pointerId !== line.id) return;
  line.far ||= Math.hypot(event.clientX - line.x, event.clientY - line.y) > FAR;
  for (const one of event.getCoalescedEvents?.() ?? [event]) line.points.push(at(one));
  if (!line.far) return;
  pen.points = line.points;
  pad().classList.remove("refused-path");
  draw();
});
dialog.addEventListener("pointerup", (event) => {
  const line = pen?.line;
  if (!line || event.pointerId !== line.id) return;
  pen.line = null;
  pad().classList.remove("refused-path");
  set(line.far ? line.points : [...line.before, line.points[0]]);
});
dialog.addEventListener("pointercancel", (event) => {
  if (event.pointerId !== pen?.line?.id) return;
  pen.points = pen.line.before;
  pen.line = null;
  draw();
});

// ------------------------------------------------------------ keys

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where the cross stands first: at the end of the line, else on the point or in the middle of the map. */
function begin() {
  const box = pad().querySelector("svg").viewBox.baseVal, point = pad().querySelector(".point");
  if (pen.points.length) return pen.points.at(-1);
  return point ? [Number(point.getAttribute("cx")), Number(point.getAttribute("cy"))] : [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
}

dialog.addEventListener("keydown", (event) => {
  if (!event.target.closest(".path-pad") || event.altKey || event.ctrlKey || event.metaKey) return;
  const way = WAYS[event.key];
  if (!way && !["Enter", " ", "Backspace", "Delete"].includes(event.key)) return;
  event.preventDefault();
  pad().classList.remove("refused-path");
  if (way) {
    const step = Math.max(1, Math.round((event.shiftKey ? FINE_MM : STEP_MM) / pen.mm)), box = pad().querySelector("svg").viewBox.baseVal;
    const [x, y] = pen.cross ?? begin();
    pen.cross = [Math.min(Math.max(x + way[0] * step, box.x), box.x + box.width), Math.min(Math.max(y + way[1] * step, box.y), box.y + box.height)].map(Math.round);
    draw();
    dialog.querySelector("#path-at").textContent = under(pen.cross);
  } else if (event.key === "Enter" || event.key === " ") {
    pen.cross ??= begin();
    set([...pen.points, pen.cross]);
  } else set(pen.points.slice(0, -1));
});

// ------------------------------------------------------------ buttons

dialog.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.path === "clear") {
    pad().classList.remove("refused-path");
    set([]);
    pad().focus({ preventScroll: true });
  } else if (button.dataset.path === "close") dialog.close();
  else if (button.dataset.pathView && (await show(button.dataset.pathView))) dialog.querySelector(`[data-path-view="${CSS.escape(button.dataset.pathView)}"]`).focus();
});

dialog.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = { ...Object.fromEntries(new FormData(form())), do: event.submitter.value };
  clearTimeout(pen.timer);
  pen.turn += 1;
  const reply = await post(form().getAttribute("action"), fields, { "x-part": "plan" });
  const text = reply && [200, 409, 422].includes(reply.status) ? await reply.text() : null;
  if (text === null) {
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = dialog.dataset.offline;
    told().replaceChildren(line);
    return;
  }
  const notice = new DOMParser().parseFromString(text, "text/html").querySelector(".notice[role=alert]");
  if (reply.status === 422 && notice) return refused(notice.outerHTML, true);
  pen.done(text, reply.status);
  dialog.close();
});

dialog.addEventListener("close", () => {
  clearTimeout(pen?.timer);
  const back = pen && document.querySelector(`[data-key="${CSS.escape(pen.from)}"]`);
  dialog.replaceChildren();
  back?.focus({ preventScroll: true });
  pen = null;
});
