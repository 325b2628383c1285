// The practitioner's screen of a session. The server says where it stands and holds the clock; here it is shown, sounded, and answered.

import { Link } from "/static/link.js";
import { curve, make, mark, Ring, Strip } from "/static/room_draw.js";
import { Keys } from "/static/room_keys.js";
import { Panels } from "/static/room_panels.js";
import { Sound } from "/static/room_sound.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const data = JSON.parse(page.dataset.room);
const acts = data.role === "screen";
const TICK_MS = 100;
const SAID_MS = 7000;
const ACTIVE = ["pressing", "holding", "rising", "easing", "stroking", "halting", "rechecking", "resting", "between"];
const OFF = ["waiting", "ending", "stopped"];
const ALARMS = ["no_line", "not_stored", "too_old", "old", "was_late", "stop_stands", "screen_first", "version"]; // other refusals are plain: nothing is wrong
const GIVES_WAY = ["pressing", "holding", "rising", "easing", "stroking", "halting"];

let view = null;
let lost = false;
let counted = 0;
let drawnOf = "";
let saidTimer = 0;
let lock = null;
const answers = new Map();

const say = (key, values = {}) => (data.words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const pictures = new Map([...document.querySelectorAll("[data-picture]")].map((one) => [one.dataset.picture, one.innerHTML]));

document.body.classList.add("scripted");
page.hidden = false;
const ring = new Ring($("ring"));
const sound = new Sound(() => { $("sound").hidden = !sound.asleep; });

// ---------------------------------------------------------------- what is said to the server

const link = new Link(`${page.dataset.socket}?role=${data.role}`, data.role, {
  state: (told, effects) => arrived(told, effects),
  line: (up) => line(up),
  failing: (tries) => { if (tries > 2) letIn(); },
  ack(id, ok, reason, told) {
    answers.get(id)?.(told);
    answers.delete(id);
    if (!ok) refuse(reason, told);
    else if (!told.told?.length) status("");
  },
});

function send(kind, more = {}) {
  if (!acts) return;
  if (!link.connected && kind !== "stop") refuse("no_line");
  link.say(kind, more);
}

function ask(type, more = {}) {
  if (!link.connected) {
    refuse("no_line");
    return Promise.resolve({ ok: false, told: [say("refused.no_line")] });
  }
  return new Promise((done) => answers.set(link.tell(type, more), done));
}

// A wrong tap changes nothing, and that is said aloud.
function refuse(reason, told = {}) {
  const alarm = told.told?.length || ALARMS.includes(reason);
  const words = told.told?.length ? told.told.join(" ") : say("refused." + reason) || say("refused.not_now");
  status(words, Boolean(alarm));
  sound.tone("refuse");
  sound.speak(words);
}

function status(words, wrong = false) {
  clearTimeout(saidTimer);
  $("said").classList.toggle("wrong", wrong);
  $("said").textContent = words;
  if (words) saidTimer = setTimeout(() => { $("said").textContent = ""; }, SAID_MS);
}

function primary() {
  const first = view?.primary;
  if (!first) refuse("not_now");
  else if (first.kind === "end" && panels.name === "end") panels.confirmed();
  else if (["end", "gone"].includes(first.kind)) panels.open(first.kind);
  else send(first.kind);
}

// ---------------------------------------------------------------- what the server says

function arrived(told, effects) {
  const before = view;
  view = told;
  if (lost) {
    lost = false;
    document.body.classList.remove("lost");
    $("line").textContent = "";
  }
  render();
  hear(effects, before);
  if (acts) follow(before);
}

function hear(effects, before) {
  // a hold that comes with another cue says only how it goes on
  const cues = effects.filter((e) => e.kind === "cue");
  const cue = cues.filter((e) => e.word !== "hold").at(-1) ?? cues.at(-1);
  if (cue) cued(view.phase === "stopped" ? (view.word === "let_go" ? "let_go" : "stop") : view.phase === "ended" ? "ended" : cue.word);
  else if (effects.some((e) => e.kind === "ask") && before) sound.tone("ask");
  for (const e of effects) {
    if (e.kind === "announce" && e.word === "dial_lost") sound.speak(say("room.dial_lost"));
    if (e.kind === "announce" && e.word === "stored_again") status(say("room.stored_again"));
    if (e.kind === "announce" && e.word === "revised" && before && panels?.name !== "screened") status(say("room.revised"));
  }
}

function cued(name) {
  sound.tone(name);
  sound.speak(say("room_word." + word(name)));
  counted = 0;
}

// What opens by itself: the question after a warning sign, and what a recheck has shown.
function follow(before) {
  if (view.screen_due && !["gone", "screened"].includes(panels.name)) panels.open("gone");
  if (!view.screen_due && panels.name === "gone") panels.close();
  if (before?.phase === "rechecking" && view.phase === "ending") panels.open("recheck");
  if (panels.name === "points" && before && before.applications.length !== view.applications.length) panels.open("points");
  if (panels.name === "screened" && before?.phase === "stopped" && view.phase !== "stopped") panels.close();
  if (panels.name === "end" && before?.phase !== view.phase) panels.close();
  if (panels.name === "recheck" && !["ending", "waiting"].includes(view.phase)) panels.close();
}

function line(up) {
  if (up || lost) return;
  lost = true;
  document.body.classList.add("lost");
  $("line").textContent = say("room.line");
  cued("let_go");
  render();
}

// The line does not come back: whether the server is there and no longer knows this device.
async function letIn() {
  try {
    const reply = await fetch(`/sessions/${data.session}/pass`, { redirect: "manual" });
    if (reply.type !== "opaqueredirect" || !lost) return;
    const there = `/sign-in?next=${location.pathname}`;
    if (!view?.hands_on) location.replace(there); // with a hand on, the page that says *let go* stays
    else $("line").replaceChildren(say("room.no_pass") + " ", Object.assign(document.createElement("a"), { href: there, textContent: say("room.join_again") }));
  } catch { /* nobody is there yet: it is tried again */ }
}

// ---------------------------------------------------------------- what is shown

function word(name) {
  const verb = subject()?.verb;
  if (name === "stroke" && subject()?.search_s && view.turn === 1) return "search";
  if (name === "stroke" && ["roll", "strip", "glide"].includes(verb)) return verb;
  if (name === "press" && verb === "stretch") return "stretch";
  return name;
}

// The place at hand; with the hands off, the one that comes.
function subject() {
  if (!view) return null;
  return view.phase === "waiting" && !view.hands_on ? view.next ?? view.current : view.current ?? view.next;
}

function shownWord() {
  if (lost) return "let_go";
  return word(view.word_until !== null && link.now() >= view.word_until ? view.word_then : view.word);
}

function render() {
  if (!view) return;
  const of = subject();
  document.body.dataset.phase = lost ? "lost" : view.phase;
  document.body.dataset.hand = view.pressing ? "on" : "off";
  const [name, detail] = named(of);
  text("place", name);
  text("detail", detail);
  text("how", of ? [data.techniques[of.technique], data.contacts[of.contact], data.lies[of.lie], of.force_n ? say("room.force", { force: of.force_n }) : ""].filter(Boolean).join(" · ") : "");
  text("turn", turn());
  text("asked", asked());
  $("asked").classList.toggle("asks", Boolean(view.asked) && !lost);
  text("after", after());
  text("ends", of && ["roll", "strip"].includes(of.verb) ? `● ${say("room.begins")} ○ ${say("room.stops")}` : "");
  text("near", of?.dangers.length ? `${say("room.near")}: ${of.dangers.map((d) => data.dangers[d] ?? d).join(", ")}` : "");
  discomfort();
  picture(of);
  notes();
  devices();
  if (acts) controls();
  tick();
}

// "Infraspinatus (right)" and, smaller, where on it.
function named(of) {
  if (!of) return [say("room.title"), ""];
  const [, name, detail, side] = of.name.match(/^([^,]+), (.*?)( \([^()]*\))?$/) ?? ["", of.name, "", ""];
  return [`${name}${side ?? ""}`, detail];
}

function text(id, words) {
  const element = $(id);
  if (element.textContent !== words) element.textContent = words;
}

function turn() {
  const of = view.current;
  if (lost || !of || OFF.includes(view.phase) || view.phase === "ended" || view.phase === "rechecking") return "";
  return say("room_turn." + of.family, { turn: view.turn, turns: of.turns }) + (view.lighter ? ` · ${say("room.lighter")}` : "");
}

function asked() {
  if (lost) return "";
  if (!view.stored) return say("room.not_stored");
  if (view.asked && view.phase !== "stopped" && view.phase !== "ended") return say("room_ask." + view.asked);
  if (view.phase === "ended") return "";
  if (!OFF.includes(view.phase)) return "";
  if (view.finish && !view.hands_on) return say("room_why.finish");
  return say("room_why." + view.why) || say("session_end." + view.why);
}

function after() {
  const following = view.applications.find((a) => a.id !== subject()?.id && ["", "paused", "parked", "late", "restarted", "changed", "fail"].includes(a.outcome));
  return following && view.phase !== "ended" ? `${say("room.then")} ${named(following)[0]}` : "";
}

function discomfort() {
  const of = subject();
  const step = own() ? view.rating : null;
  const most = (own() && view.ceiling) || of?.band_high;
  const band = of ? { low: of.band_low, high: most, ceiling: most } : null;
  text("now", step === null ? "–" : String(Math.round(step * 10) / 10));
  mark($("mark"), step, step === null ? "none" : data.ramp[Math.round(step)]);
  course(band);
  if (acts) strip.show(step, band);
}

// What was felt is shown with the place where it was felt; the one that comes has nothing yet.
function own() {
  return view.current !== null && subject()?.id === view.current.id;
}

function course(band) {
  curve($("curve"), own() ? view.curve : [], band, { band: say("room.band"), ceiling: say("room.ceiling") }, data.ramp, worked());
}

// How long the place at hand has been worked on [ms]; the curve stands still when the work has ended.
function worked() {
  const last = own() ? view.curve.at(-1)?.[0] ?? 0 : 0;
  return ACTIVE.includes(view.phase) && view.rated_at !== null ? last + Math.max(0, link.now() - view.rated_at) : last;
}

async function picture(of) {
  const id = of?.id ?? "";
  if (id === drawnOf) return;
  drawnOf = id;
  if (id && !pictures.has(id)) {
    const all = await (await fetch(`/sessions/${data.session}/pictures`)).json();
    for (const [one, drawn] of Object.entries(all)) pictures.set(one, drawn);
  }
  if (drawnOf === id) $("picture").innerHTML = pictures.get(id) ?? ""; // drawn by our own server
}

function notes() {
  const list = $("notes");
  const already = asked().toLowerCase();
  const told = view.notes.filter((note) => note.toLowerCase() !== already);
  if (list.dataset.told === told.join("\n")) return;
  list.dataset.told = told.join("\n");
  list.replaceChildren(...told.map((note) => Object.assign(document.createElement("li"), { textContent: note })));
}

function devices() {
  const state = $("dial-state");
  state.hidden = view.dial === "none";
  state.dataset.dial = view.dial;
  if (state.dataset.shown === view.dial) return;
  state.dataset.shown = view.dial;
  state.textContent = view.dial === "joined" ? say("room.dial_joined") : say("room.dial_lost");
  if (view.dial !== "lost" || !acts) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say("room.hand_over");
  button.addEventListener("click", () => send("hand_over"));
  state.append(" ", button);
}

// What cannot be done now is not offered.
function controls() {
  const may = new Set(view.may);
  for (const button of document.querySelectorAll("[data-say]")) {
    const kind = button.dataset.say;
    const fits = ["less", "same", "ease"].includes(kind) ? [...GIVES_WAY, "rechecking"].includes(view.phase) : kind === "off" ? !["off", "hands_off"].includes(view.primary?.does) : true;
    button.disabled = !may.has(kind) || !fits || (lost && kind !== "stop");
  }
  const first = $("primary");
  first.disabled = !view.primary || lost;
  first.textContent = say("room_do." + large());
  if (view.primary?.does === "begin" && !lost) first.append(Object.assign(document.createElement("small"), { textContent: named(view.next)[0] }));
  const of = view.current;
  $("path").hidden = !(of && of.verb === "roll" && may.has("stuck"));
  if (!$("path").hidden) text("path-name", `${say("room.sticks")} ${of.path[0] ? `${say("room.from")} ${of.path[0]} ${say("room.to")} ${of.path[1]}` : ""}`);
  document.querySelector(".change").hidden = view.phase === "ended";
  if (view.phase === "ended") ended();
}

function large() {
  if (lost) return "no_line";
  if (!view.primary) return "wait";
  return view.primary.kind === "end" && panels.name === "end" ? "finish_now" : view.primary.does;
}

function ended() {
  if ($("to-end")) return;
  panels.close();
  const away = document.createElement("p");
  away.id = "to-end";
  for (const [where, key] of [[`/sessions/${data.session}/end`, "room.to_end"], [data.client, "room.back"]]) {
    const one = Object.assign(document.createElement("a"), { href: where, textContent: say(key) });
    away.append(one, " ");
  }
  $("primary").before(away);
}

// ---------------------------------------------------------------- the server's clock

function tick() {
  if (!view) return;
  const now = link.now();
  text("word", say("room_word." + shownWord()));
  $("word").dataset.letters = Math.min(6, Math.max(4, $("word").textContent.length));
  const of = view.ring;
  const left = lost || !of ? null : Math.max(0, of.to - now);
  const answer = lost || view.answer_at === null ? null : Math.max(0, view.answer_at - now);
  ring.draw(shownWord(), left === null ? null : Math.min(1, left / Math.max(1, of.to - of.from)), answer === null || of?.of === "answer" ? null : Math.min(1, answer / 8000));
  const seconds = left === null ? null : Math.ceil(left / 1000);
  text("time", seconds === null ? "" : String(seconds));
  count(seconds, of);
  aged(now);
  spare(now);
}

function count(seconds, of) {
  if (seconds === null || of.of === "answer" || seconds > 3 || seconds < 1 || seconds === counted) return;
  counted = seconds;
  sound.tone("count");
}

function aged(now) {
  const age = view.rated_at === null || !own() ? null : Math.max(0, Math.floor((now - view.rated_at) / 1000));
  const old = age !== null && age * 1000 > view.fresh_ms && GIVES_WAY.includes(view.phase);
  const who = view.curve.at(-1)?.[2] === "dial" ? ` ${say("room.by_dial")}` : "";
  const told = age === null ? say("room.nothing_said") : view.phase === "ended" ? data.scale[Math.round(view.rating)] : `${data.scale[Math.round(view.rating)]} · ${age} ${say("room.ago")}${who}${old ? ` · ${say("room.old")}` : ""}`;
  text("now-word", told);
  const more = document.querySelector('[data-say="more"]');
  if (more && old) more.disabled = true;
}

function spare(now) {
  const of = subject();
  const passed = Math.max(0, now - view.now);
  const place = of ? Math.max(0, of.left - (view.hands_on ? passed : 0)) : null;
  const whole = Math.max(0, view.session_left - (view.elapsed ? passed : 0));
  text("left", view.phase === "ended" || !view.applications.length ? "" : `${place === null ? "" : `${clock(place)} ${say("room.left_point")} · `}${Math.floor(whole / 60000)} min ${say("room.left_session")}`);
}

function clock(ms) {
  const s = Math.floor(ms / 1000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

// ---------------------------------------------------------------- hands, keys, pedal, squeezer

function act(action) {
  if (action === "next") primary();
  else if (action === "else") panels.toggle("else");
  else if (action === "stuck") stuck();
  else if (action === "stop") stop();
  else send(action);
}

function stop(by = "practitioner") {
  send("stop", by === "squeezer" ? { by } : {});
}

function stuck() {
  const of = view?.ring;
  const now = link.now();
  send("stuck", { value: of && view.phase === "stroking" ? Math.max(0, Math.min(1, (now - of.from) / Math.max(1, of.to - of.from))) : 0.5 });
}

// Keys that belong to what has the focus. Escape shuts a panel when the hands are off; otherwise, and always with a hand on, it is stop.
function held(event, action) {
  const at = event.target;
  if (at.matches?.("input:not([type=checkbox]), select, textarea")) return event.key !== "Escape";
  if (event.key === "Escape" && panels.name && !view?.hands_on) {
    panels.close();
    event.preventDefault();
    return true;
  }
  const native = event.key === "Tab" || ([" ", "Enter"].includes(event.key) && at.matches?.("button:focus-visible, a:focus-visible, summary:focus-visible, input"));
  return Boolean(native) && (action !== "squeezer");
}

const strip = acts ? new Strip($("strip"), data.scale, data.ramp, (value) => send("rate", { value })) : null;
const keys = acts ? new Keys({ act, held, stop, rate: (value) => send("rate", { value }), less: () => send("less", { by: "squeezer" }) }) : null;
const panels = acts ? new Panels({ data, say, send, ask, keys, sound, status, render, view: () => view, awake: () => lock !== null }) : null;

if (acts) {
  for (const button of document.querySelectorAll("[data-say]")) button.addEventListener("click", () => send(button.dataset.say));
  $("primary").addEventListener("click", primary);
  along();
  // a finger leaves no focus behind: the next key of the pedal belongs to the session, not to the button that was touched last
  page.addEventListener("click", (event) => { if (event.detail && event.target.closest("button") && !event.target.closest("#panel")) document.activeElement?.blur(); });
}
$("sound").addEventListener("click", () => sound.wake());
sound.changed();
setInterval(tick, TICK_MS);
addEventListener("resize", () => { if (view) discomfort(); });

function along() {
  for (let part = 0; part < 10; part++) {
    const one = document.createElement("button");
    one.type = "button";
    one.setAttribute("aria-label", `${say("room.sticks_here")} ${part + 1} ${say("room.of")} 10`);
    one.addEventListener("click", () => send("stuck", { value: (part + 0.5) / 10 }));
    make("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, one).append(make("path", { d: "M1 5H9" }));
    $("along").append(one);
  }
}

// ---------------------------------------------------------------- the device

async function stayAwake() {
  if (!("wakeLock" in navigator) || document.hidden || lock) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => { lock = null; });
  } catch {
    lock = null;
  }
}
document.addEventListener("visibilitychange", stayAwake);
stayAwake();

addEventListener("beforeunload", (event) => {
  if (acts && view && view.hands_on && view.phase !== "ended") event.preventDefault();
});
