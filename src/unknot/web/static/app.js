// The page around the drawing. It works without this script by words; with it the body is drawn on and the answer follows each stroke.
import { Stage } from "./body/stage.js";
import { keep } from "./keep.js";
import { lifted } from "./lifted.js";

const main = document.getElementById("main");
const form = document.getElementById("form");
const stageRoot = document.getElementById("stage");
const letGo = lifted(main);
const SECOND_TAP = 700; // milliseconds in which a tap on what has just appeared is a slip
const PATIENCE = 20000;
const SLOW = 150; // milliseconds after which an old answer dims
const SEVERAL = 2; // problems that are told at once
const AGAIN = 3000; // milliseconds after which an app that did not answer is asked again
const WARNING = ".warning:not(.carry_on)"; // what is only good to know interrupts nobody
let asked = 0;
let shown = 0;
let flight = null;
let pressed = []; // buttons whose answer is still out: they go along until they are answered, however quickly the next tap comes
let retry = null;
let pinned = null;
let stage = null;
let sent = new Map(); // the fields as the question that is on its way has them
let unsaved = false; // whether anything was entered since the page was opened or saved

// ------------------------------------------------------------ asking

/** Post the form as it stands and put the server's answer in its place; only the newest answer counts. */
async function ask(button) {
  unsaved = true;
  if (button && button.name) pressed.push([button.name, button.value]);
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of pressed) body.append(name, value);
  sent = fields();
  return send("/", body, { "x-part": "main" }, button);
}

/** What stands in each field that somebody may fill in, by its id. */
function fields() {
  const own = [...form.elements].filter((f) => f.id && f.type !== "hidden" && f.tagName !== "BUTTON" && f.closest("#ask, #told"));
  return new Map(own.map((f) => [f.id, f.type === "checkbox" || f.type === "radio" ? f.checked : f.value]));
}

/** Put back what was entered while the question was on its way. @returns whether there is something to ask anew */
function putBack(meanwhile) {
  let news = false;
  for (const [id, value] of meanwhile) {
    const field = document.getElementById(id);
    if (!field) continue;
    field[typeof value === "boolean" ? "checked" : "value"] = value;
    news ||= id !== "typed"; // a place is added by its button
  }
  return news;
}

/** `sure()` is asked before an answer takes the place of what stands on the page. */
async function send(address, body, headers, button, sure = () => true) {
  const mine = ++asked;
  clearTimeout(retry);
  retry = null;
  flight?.abort();
  flight = new AbortController();
  const slow = setTimeout(() => mine === asked && busy(true), SLOW);
  const late = setTimeout(() => flight.abort("late"), PATIENCE);
  try {
    const reply = await fetch(address, { method: "POST", body, headers, signal: flight.signal });
    const text = await reply.text();
    await letGo();
    if (mine !== asked) return false;
    pressed = [];
    busy(false);
    if ((reply.headers.get("content-type") || "").startsWith("text/html")) {
      if (!sure()) {
        ask(null); // what was on its way has given way to the file
        return false;
      }
      show(text, button);
      return true;
    }
    say(address === "/open" ? `${main.dataset.unopened} ${problems(text)}` : problems(text), true);
  } catch {
    if (mine === asked) wait(() => send(address, body, headers, button, sure));
  } finally {
    clearTimeout(slow);
    clearTimeout(late);
  }
  return false;
}

/** An old answer dims while a new one is worked out; one that stays, as nothing new can be had, is marked and remains readable. */
function busy(on, stays = false) {
  main.classList.toggle("busy", on && !stays);
  main.classList.toggle("stale", on && stays);
  document.getElementById("told").setAttribute("aria-busy", String(on));
}

/** The app does not answer: the drawing stays, the old answer is marked, and the same is asked again by itself. */
function wait(again) {
  busy(true, true);
  say(main.dataset.offline, true);
  retry = setTimeout(again, AGAIN);
}

/** The first problems of a refusal in words: where, what was given, what is allowed, what to do. */
function problems(text) {
  const { error } = JSON.parse(text);
  const told = error.problems.map((p) => `${p.place ? `${p.place}: ` : ""}${p.given}${p.allowed ? ` (${p.allowed})` : ""}${p.todo ? `; ${p.todo}` : ""}.`);
  const more = told.length > SEVERAL ? main.dataset.more.replace("{n}", told.length - SEVERAL) : "";
  const words = told.slice(0, SEVERAL).map((one) => one[0].toUpperCase() + one.slice(1));
  return [...words, more].join(" ").trim() || error.message;
}

/** Replace the changing parts; keep focus, open parts and what was typed meanwhile. */
function show(text, button) {
  const active = document.activeElement;
  const focus = active && main.contains(active) ? active.id : "";
  const caret = focus && "selectionStart" in active ? active.selectionStart : null;
  const warned = warnings();
  const open = [...main.querySelectorAll("details[open]")].map((d) => d.id);
  const meanwhile = [...fields()].filter(([id, value]) => sent.has(id) && sent.get(id) !== value);
  const parts = new DOMParser().parseFromString(text, "text/html");
  // Where something entered cannot be used, the last answer with its warnings stays; the message says what is wrong.
  const refused = parts.querySelector("[data-refused]") && main.querySelector(".points, .warning");
  for (const id of refused ? ["ask"] : ["go", "ask", "told"]) {
    const part = parts.querySelector(`[data-part="${id}"]`);
    document.getElementById(id).replaceChildren(...part.childNodes);
  }
  busy(Boolean(refused), true);
  shown = performance.now();
  const anew = putBack(meanwhile);
  if (main.querySelector("[data-lost]")) document.getElementById("choose").open = true;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const stays = active && active.closest?.(".stage"); // the hand is on the body: it stays there
  const next = document.getElementById(focus || after(button));
  if (next && !stays && (focus || button)) {
    next.focus({ preventScroll: true });
    if (caret !== null && "setSelectionRange" in next) next.setSelectionRange(caret, caret);
  }
  const notice = main.querySelector(".notice"); // an alert: it speaks for itself
  const news = [...warnings()].some((w) => !warned.has(w));
  if (news) main.querySelector(WARNING).scrollIntoView({ block: "center" });
  else if (notice || main.querySelector(".choice")) (notice || main.querySelector(".choice")).scrollIntoView({ block: "center" });
  else if (answered(button)) document.getElementById("next-title")?.scrollIntoView({ block: "start" });
  const first = !notice && (main.querySelector(`${WARNING} h2`) || main.querySelector(".press h3") || main.querySelector(".muscle"));
  say(first ? first.textContent.replace(/\s+/g, " ") : "");
  settled();
  if (anew) ask(null);
}

/** Whether a button told what pressing brought: then the next question is read from its beginning. A sign alone is an addition. */
function answered(button) {
  return button?.name === "found" && !button.value.includes("|+");
}

/** Where the hand goes on after a button that is no longer there. */
function after(button) {
  if (!button) return "";
  if (button.name === "found") return "next-title";
  return ["pick", "pick_deep", "remove"].includes(button.name) ? "typed" : "answer-title";
}

/** The headings of all warnings: one that was not there before is scrolled into view, so that it cannot be overlooked. */
function warnings() {
  return new Set([...main.querySelectorAll(`${WARNING} h2`)].map((h) => h.firstChild.textContent.trim()));
}

function say(words, alarm = false) {
  const status = document.getElementById("status");
  if (!status) return;
  status.textContent = words;
  status.parentNode.classList.toggle("unseen", !alarm);
  status.nextElementSibling.hidden = !alarm;
}

document.querySelector(".status .shut").addEventListener("click", () => say(""));

main.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name === "once") {
    unsaved = false; // the drawing goes along to the store
    return;
  }
  event.preventDefault();
  if (button?.hasAttribute("formaction")) {
    const saves = button.formTarget !== "_blank";
    keep(form, button, { tell: (words) => say(words, true), problems, offline: main.dataset.kept }).then((done) => {
      if (done && saves) unsaved = false;
      if (done) say("");
    });
    return;
  }
  if (["found", "take_back"].includes(button?.name) && main.querySelector("#told[aria-busy=true]") && !retry) {
    const notice = main.querySelector(".notice"); // the answer on the page is an old one: what is found there is not taken in
    if (notice) say(notice.textContent.replace(/\s+/g, " ").trim(), true);
    return;
  }
  if (button?.name === "found" && performance.now() - shown < SECOND_TAP) return;
  ask(button);
});
main.addEventListener("change", (event) => {
  if (event.target.id !== "typed" && !event.target.closest(".stage")) ask(null);
});
// What was entered lives in this page alone: leaving it asks first.
addEventListener("beforeunload", (event) => {
  if (unsaved && !form.elements.client?.value && entered()) event.preventDefault();
});

function entered() {
  return Boolean(main.querySelector(".places, .drawn, .found") || strokesField().value);
}

// ------------------------------------------------------------ the stage

/** What the page now says: chosen places coloured on the body, what to press next lit up. */
function settled() {
  if (!stage) return;
  const kept = [...document.querySelectorAll('.places input[name^="kept."]')];
  stage.setPicked(kept.map((field) => JSON.parse(field.value)));
  pinned = main.querySelector(".press.first[data-show]");
  watch(main.querySelector(".warning.emergency h2, .warning.refer h2") || main.querySelector(".press.first h3"));
  if (!document.getElementById("refers").children.length) stage.looked = "";
  light(pinned).then(pictures);
  stage.hand.name("");
  document.body.classList.toggle("filled", Boolean(main.querySelector(".places, .drawn")));
}

/** The small pictures beside the first question and beside every point that is open. */
function pictures() {
  for (const holder of main.querySelectorAll(".first > .close-up, details[open] > .close-up")) {
    const what = holder.closest("[data-show]")?.dataset.show;
    if (what) stage.closeUp(holder, JSON.parse(what));
  }
}

/** Where the small picture of what was tapped stands: in a place of its own, or below the words. */
function beside(found) {
  for (const old of main.querySelectorAll(".close-up.added")) if (!found.contains(old)) old.remove();
  const place = found.querySelector(".close-up");
  if (place) return place;
  const added = document.createElement("figure");
  added.className = "close-up added";
  if (!found.closest(".refers")) found.append(added); // their list leaves the body itself in sight
  return added;
}

/** The line at the foot says what to press next, or that there is a warning, as long as its place in the answer is out of sight. */
const sight = new IntersectionObserver((entries) => document.body.classList.toggle("press-seen", entries.at(-1).isIntersecting));
function watch(heading) {
  sight.disconnect();
  document.body.classList.remove("press-seen");
  if (heading) sight.observe(heading);
}

async function light(element) {
  const what = element?.dataset.show;
  await stage?.show(what ? JSON.parse(what) : null);
}

function strokesField() {
  return document.getElementById("strokes");
}

async function begin() {
  document.body.classList.add("scripted");
  const table = stageRoot.querySelector(".table");
  try {
    const [words, index] = await Promise.all(["words.json", "atlas.json"].map(async (name) => {
      const reply = await fetch(`${stageRoot.dataset.atlas}/${name}`);
      if (!reply.ok) throw new Error(name);
      return reply.json();
    }));
    stage = await new Stage(stageRoot, words, index).start();
  } catch (error) {
    table.querySelector(".loading").textContent = table.dataset.failed;
    throw error;
  }
  if (strokesField().value) await stage.setStrokes(JSON.parse(strokesField().value));
  stageRoot.addEventListener("drawing", (event) => {
    const { strokes, places } = event.detail;
    strokesField().value = strokes.length ? JSON.stringify(strokes) : "";
    if (places) pressed.push(["places", JSON.stringify(places)]);
    ask(null);
  });
  for (const what of ["pick", "remove"]) {
    stageRoot.addEventListener(what, (event) => ask({ name: what, value: event.detail.site }));
  }
  stageRoot.addEventListener("warn", (event) => say(event.detail.text, true));
  stageRoot.addEventListener("place", (event) => refers(event.detail.site));
  stageRoot.addEventListener("level", (event) => setLevel(event.detail.level));
  stageRoot.addEventListener("deep", () => document.getElementById("brush.deep").click());
  tools();
  settled();
  window.unknot = { stage };
}

/** The tools beside the body. */
function tools() {
  const at = (selector) => stageRoot.querySelector(selector);
  const on = (selector, does) => at(selector).addEventListener("click", does);
  for (const button of stageRoot.querySelectorAll("[data-sheet]")) button.addEventListener("click", () => stage.openSheet(button.dataset.sheet));
  for (const button of stageRoot.querySelectorAll("[data-mode]")) {
    button.addEventListener("click", () => {
      stage.brush.mode = button.dataset.mode;
      stageRoot.dataset.mode = button.dataset.mode;
      for (const other of stageRoot.querySelectorAll("[data-mode]")) other.setAttribute("aria-pressed", String(other === button));
    });
  }
  on(".undo", () => stage.undo());
  on(".redo", () => stage.redo());
  on(".clear", () => stage.clear());
  on(".bigger", () => stage.hand.step(1.5));
  on(".smaller", () => stage.hand.step(1 / 1.5));
  on(".whole", () => stage.hand.whole());
  document.getElementById("brush.quality").addEventListener("change", (event) => (stage.brush.quality = event.target.value));
  document.getElementById("brush.size").addEventListener("change", (event) => (stage.brush.width = Number(event.target.value)));
  document.getElementById("brush.deep").addEventListener("change", (event) => (stage.brush.deep = event.target.checked));
  document.getElementById("figure").addEventListener("change", (event) => stage.setFigure(event.target.value));
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || writes(document.activeElement)) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) stage.undo();
    else if (key === "y" || key === "z") stage.redo();
    else return;
    event.preventDefault();
  });
  for (const kind of ["input", "click"]) document.getElementById("brush.level").addEventListener(kind, (event) => setLevel(Number(event.target.value)));
  stage.brush.quality = document.getElementById("brush.quality").value;
  stage.brush.width = Number(document.getElementById("brush.size").value);
  stage.brush.deep = document.getElementById("brush.deep").checked;
}

/** Whether a field takes letters, and with them its own undo. */
function writes(field) {
  return field.tagName === "TEXTAREA" || (field.tagName === "INPUT" && !["range", "checkbox", "radio", "file"].includes(field.type));
}

function setLevel(level) {
  const range = document.getElementById("brush.level");
  range.value = String(level);
  range.classList.remove("unsaid");
  range.style.setProperty("--colour", stage.words.ramp[level]);
  document.getElementById("level-kept").value = String(level);
  stage.brush.intensity = level;
  const word = document.querySelector(`#levels option[value="${level}"]`).label;
  document.getElementById("level-said").textContent = `${level}, ${word}`;
  range.setAttribute("aria-valuetext", `${level}, ${word}`);
}

/** What refers to a place, listed below the answer. */
async function refers(site) {
  const body = new URLSearchParams(new FormData(form));
  body.append("look", site);
  const reply = await fetch("/refers", { method: "POST", body }).catch(() => null);
  if (!reply?.ok) {
    say(main.dataset.looked, true);
    return;
  }
  const holder = document.getElementById("refers");
  holder.innerHTML = await reply.text();
  stage.look(site);
  const narrow = matchMedia("(max-width: 54rem)").matches; // there the list is a sheet over the foot of the screen, and the body stays in sight above it
  (narrow ? stageRoot.querySelector(".table") : holder).scrollIntoView({ block: narrow ? "start" : "nearest" });
  document.getElementById("refers-title").focus({ preventScroll: true });
}

/** Away with what was looked up. */
function unlook() {
  document.getElementById("refers").replaceChildren();
  stage.look("");
  pinned = main.querySelector(".press.first[data-show]");
  light(pinned);
}

main.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest(".refers")) unlook();
});

// A point that is looked at lights up on the body; one that is opened or tapped stays lit.
for (const kind of ["pointerover", "focusin"]) {
  main.addEventListener(kind, (event) => {
    if (event.pointerType === "touch") return;
    const found = event.target.closest("[data-show]");
    if (found && found !== main.lit) light((main.lit = found));
  });
}
main.addEventListener("pointerout", (event) => {
  if (event.pointerType === "touch" || event.relatedTarget?.closest?.("[data-show]")) return;
  main.lit = null;
  light(pinned);
});
main.addEventListener("click", (event) => {
  if (event.target.closest(".refers .shut")) unlook();
  const found = event.target.closest("[data-show]");
  if (!found || event.target.closest("button")) return;
  pinned = found;
  light(found);
  stage?.show(JSON.parse(found.dataset.show)).then(() => {
    stage.reveal();
    const picture = beside(found);
    stage.closeUp(picture, JSON.parse(found.dataset.show));
    requestAnimationFrame(() => picture.scrollIntoView({ block: "nearest" })); // once the point is open; what was tapped may stand at the foot of the screen
  });
});

// ------------------------------------------------------------ files

async function openFile(file) {
  if (file.size > 1_000_000) {
    say(document.getElementById("open").dataset.large, true);
    return;
  }
  sent = new Map(); // what was typed before belongs to the case that is left
  const sure = () => !unsaved || !entered() || confirm(document.getElementById("open").dataset.sure);
  if (!(await send("/open", await file.arrayBuffer(), { "content-type": "application/octet-stream" }, null, sure))) return;
  unsaved = false;
  if (!stage) return;
  const strokes = strokesField().value ? JSON.parse(strokesField().value) : [];
  await stage.setStrokes(strokes);
  if (strokes.length) {
    document.getElementById("figure").value = strokes[0].figure;
    await stage.setFigure(strokes[0].figure);
  }
  settled();
}

document.getElementById("open").addEventListener("change", (event) => {
  if (event.target.files[0]) openFile(event.target.files[0]);
  event.target.value = "";
});
document.querySelector(".open").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") document.getElementById("open").click();
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file) openFile(file);
});

begin();
