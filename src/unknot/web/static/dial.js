// The client's dial: a number, a word, STOP. What it says it says once, on a live line; on a dead one it says that it must be said aloud.

import { Link } from "/static/link.js";

const SETTLED_MS = 900; // a number moved to by keys or a screen reader is said when it rests
const UNHEARD_MS = 1500;
const STANDS_MS = 4000; // how long "heard" stays
const GONE_AFTER = 3;

const $ = (id) => document.getElementById(id);
const page = $("dial");
const words = page.dataset;
const strip = $("strip");
const range = $("range");
const steps = [...strip.querySelectorAll(".step")];
const sent = new Map();
let view = null;
let tried = null; // the number under the thumb, not said yet
let settles = 0;
let note = { text: "", wrong: false, until: 0 };

const feel = (pattern) => navigator.vibrate?.(pattern);

// ---------------------------------------------------------------- what is shown

function show() {
  const up = page.dataset.line === "up";
  const value = tried ?? newest() ?? view?.own ?? null;
  const noted = performance.now() < note.until;
  const asked = up && Boolean(view?.asked) && !noted && tried === null;
  page.dataset.asked = String(asked);
  page.dataset.wrong = String(up && noted && note.wrong);
  $("number").textContent = value ?? "–";
  page.dataset.said = String(value !== null);
  $("prompt").textContent = prompt(up, asked, noted, value);
  $("word").textContent = up ? (value === null ? "" : steps[Math.round(value)].dataset.word) : words.down_help;
  $("hand").textContent = view ? (view.phase === "stopped" ? "" : view.hands_on && view.pressing ? words.pressing : words.off) : "";
  for (const step of steps) step.classList.toggle("on", value !== null && Number(step.dataset.step) === Math.round(value));
  if (value !== null) range.value = String(Math.round(value));
  range.setAttribute("aria-valuetext", value === null ? words.nothing_said : `${value}: ${steps[Math.round(value)].dataset.word}`);
}

function prompt(up, asked, noted, value) {
  if (!up) return words.down;
  if (noted) return note.text;
  if (view?.phase === "stopped") return words.stopped;
  if (asked) return words.asks;
  return value === null || tried !== null ? words.hint : words.yours;
}

function newest() {
  let found = null;
  for (const one of sent.values()) if (one.kind === "rate") found = one.value;
  return found;
}

function tell(text, wrong = false) {
  note = { text, wrong, until: performance.now() + STANDS_MS };
  $(wrong ? "alarm" : "told").textContent = text;
  setTimeout(show, STANDS_MS + 50);
  show();
}

// ---------------------------------------------------------------- what is said

function say(kind, value) {
  clearTimeout(settles);
  tried = null;
  const id = link.say(kind, value === undefined ? {} : { value });
  const name = value === undefined ? page.querySelector(`[data-say="${kind}"]`).firstChild.textContent.trim() || "" : String(value);
  if (!id) {
    feel([300, 100, 300]);
    tell(words.not_heard, true);
    return;
  }
  sent.set(id, { kind, value, name: kind === "stop" ? words.stopped : name });
  setTimeout(() => { if (sent.delete(id)) unheard(); }, UNHEARD_MS);
  feel(kind === "stop" ? 250 : 30);
  show();
}

function unheard() {
  feel([300, 100, 300]);
  tell(words.not_heard, true);
}

const WHY = { rating_first: "number_first", number_first: "number_first", no_more: "no_more", old: "not_heard", not_stored: "not_heard" };

const link = new Link("/dial/ws", "dial", {
  state(now, effects) {
    const before = view;
    view = now;
    if (now.phase === "stopped" && before && before.phase !== "stopped") {
      tried = null;
      note.until = 0;
      $("told").textContent = words.stopped;
    }
    if (effects.some((e) => e.kind === "ask")) {
      feel([60, 60, 60]);
      $("told").textContent = words.asks;
    }
    show();
  },
  line(up) {
    page.dataset.line = up ? "up" : "down";
    $("line").textContent = up ? words.connected : words.down;
    $("stop-help").textContent = up ? words.stop_help : words.stop_aloud;
    $("alarm").textContent = up ? "" : words.down;
    $("told").textContent = up ? words.connected : "";
    if (!up) {
      clearTimeout(settles);
      tried = null;
      sent.clear();
      note.until = 0;
      feel([300, 100, 300]);
    } else stayAwake();
    show();
  },
  ack(id, ok, reason) {
    const one = sent.get(id);
    if (!one) return;
    sent.delete(id);
    if (one.kind === "rate" && ok && view) view.own = one.value;
    if (ok) {
      if (one.kind !== "stop") tell(`${one.name}: ${words.heard}`);
    } else tell(words[WHY[reason] ?? "not_now"], true);
    show();
  },
  ended(how) { end(how); },
  async failing(tries) {
    if (tries < GONE_AFTER) return; // and each time after: the server may be away for a while before it says that it knows no such key
    try {
      const reply = await fetch("/dial", { redirect: "manual" });
      if (reply.type === "opaqueredirect") end("gone");
    } catch { /* no network: it is tried again */ }
  },
});

function end(how) {
  if (how === "gone") link.away = true;
  page.hidden = true;
  $(how).hidden = false;
  $(how).querySelector("h1").focus();
  lock?.release();
  feel(how === "over" ? [40, 80, 40] : [300, 100, 300]);
}

$("here").addEventListener("click", () => {
  $("replaced").hidden = true;
  page.hidden = false;
  link.comeBack();
});

// ---------------------------------------------------------------- thumb

function stepAt(event) {
  const box = strip.getBoundingClientRect();
  return Math.max(0, Math.min(10, Math.floor(((event.clientX - box.left) / box.width) * 11)));
}

function tryOn(value) {
  if (value === tried) return;
  tried = value;
  note.until = 0;
  feel(value % 5 ? 8 : 20);
  show();
}

strip.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  event.preventDefault();
  strip.setPointerCapture(event.pointerId);
  tryOn(stepAt(event));
});
strip.addEventListener("pointermove", (event) => { if (strip.hasPointerCapture(event.pointerId)) tryOn(stepAt(event)); });
strip.addEventListener("pointerup", () => { if (tried !== null) say("rate", tried); });
strip.addEventListener("pointercancel", () => { tried = null; show(); });

// STOP does not wait for the thumb to be lifted. A screen reader's press comes as a click alone.
let pressedAt = -1000;
$("stop").addEventListener("pointerdown", (event) => {
  event.preventDefault();
  pressedAt = performance.now();
  say("stop");
});
$("stop").addEventListener("click", () => { if (performance.now() - pressedAt > 1000) say("stop"); });
for (const button of page.querySelectorAll(".three [data-say]")) button.addEventListener("click", () => say(button.dataset.say));
page.addEventListener("contextmenu", (event) => event.preventDefault());

// ---------------------------------------------------------------- keys and screen readers

function settle(value) {
  tryOn(Math.max(0, Math.min(10, value)));
  clearTimeout(settles);
  settles = setTimeout(() => { if (tried !== null) say("rate", tried); }, SETTLED_MS);
}

range.addEventListener("input", () => settle(Number(range.value)));

const BY = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

addEventListener("keydown", (event) => {
  if (page.hidden || event.ctrlKey || event.altKey || event.metaKey) return;
  const stops = event.key === "Escape" || event.key === " ";
  const number = /^[0-9]$/.test(event.key) ? Number(event.key) : event.key.toLowerCase() === "a" ? 10 : null;
  if (!stops && number === null && !(event.key in BY) && !(event.key === "Enter" && tried !== null)) return;
  event.preventDefault();
  if (stops && !event.repeat) say("stop");
  else if (number !== null && !event.repeat) say("rate", number);
  else if (event.key in BY) settle((tried ?? view?.own ?? 5) + (tried === null && (view?.own ?? null) === null ? 0 : BY[event.key]));
  else if (event.key === "Enter") say("rate", tried);
});
addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });

// ---------------------------------------------------------------- awake

let lock = null;

async function stayAwake() {
  if (document.hidden || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    lock = null; // no such thing here, or not allowed: the loss is noticed, whatever the reason
  }
}

document.addEventListener("visibilitychange", stayAwake);
document.addEventListener("pointerdown", stayAwake);
show();
