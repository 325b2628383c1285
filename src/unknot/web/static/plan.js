// The plan made quick: a change is sent and its part of the page replaced, a row is dragged by finger or mouse, or moved by Alt and an arrow.
// Everything here can also be done by the page's own forms.
import { lifted } from "./lifted.js";
import { openPath } from "./path.js";

const plan = document.getElementById("plan");
const letGo = lifted(plan);
document.body.classList.add("scripted");
let turn = 0;

/** What is open, where the focus is and how far the side has been scrolled, so that a replaced part feels like the same one. */
function held() {
  const at = document.activeElement;
  return {
    key: at?.dataset?.key, id: at?.id, typed: at?.tagName === "INPUT" && at.value !== at.defaultValue ? at.value : null, open: [...plan.querySelectorAll("details")].map((d) => [d.id, d.open]),
    side: plan.querySelector(".side")?.scrollTop, row: at?.closest?.(".step")?.dataset.row,
  };
}

function restore(was, moved) {
  for (const [id, open] of was.open) {
    const details = document.getElementById(id);
    if (details && !(details.open && !open)) details.open = open;
  }
  const side = plan.querySelector(".side");
  if (side && was.side) side.scrollTop = was.side;
  const row = plan.querySelector(".step.touched")?.dataset.row;
  // the focus goes with a row that moved; at an end the other button takes it
  const key = moved && row && was.key ? was.key.replace(/^\d+/, row) : was.key;
  const find = (k) => k && plan.querySelector(`[data-key="${CSS.escape(k)}"]:not(:disabled)`);
  const other = key?.endsWith("-up") ? key.replace("-up", "-down") : key?.replace("-down", "-up");
  const focus = find(key) || find(other) || (was.id && document.getElementById(was.id)) || (row && plan.querySelector(`#row-${row} button:not(:disabled)`));
  focus?.focus({ preventScroll: !moved });
  if (focus?.tagName === "INPUT" && was.typed !== null) focus.value = was.typed; // what is being typed meanwhile is not lost
}

async function send(fields, moved = false) {
  const mine = ++turn, from = document.activeElement;
  plan.classList.add("busy-plan");
  const reply = await fetch(location.pathname, { method: "POST", headers: { "x-part": "plan" }, body: new URLSearchParams(fields) }).catch(() => null);
  const text = reply && [200, 409, 422].includes(reply.status) ? await reply.text() : null;
  await letGo();
  plan.classList.remove("busy-plan");
  if (mine === turn) replaced(text, reply?.status, from, moved);
}

/** The plan as the server shows it now in the place of the one before; without an answer the page says so and stays. */
function replaced(text, status, from = null, moved = false) {
  if (text === null) {
    const said = plan.querySelector(".said");
    said.textContent = plan.dataset.offline;
    said.scrollIntoView({ block: "nearest" });
    return;
  }
  if (text.includes("<!doctype html>")) {
    location.reload(); // the plan is closed now: the page says why
    return;
  }
  const was = held();
  if (moved) was.open = was.open.filter(([id]) => !/^(limits|edit)-/.test(id));
  // what stood in the field that was sent is now what the page says of it
  if (from === document.activeElement && status === 200) was.typed = null;
  plan.innerHTML = text;
  restore(was, moved);
  // why something was refused stands where it was tried
  const notice = plan.querySelector(".notice[role=alert]"), tried = document.activeElement?.closest("#plan form:not(.tools)");
  if (notice && tried) tried.before(notice);
  notice?.scrollIntoView({ block: "nearest" });
}

const fieldsOf = (form, submitter) => new URLSearchParams(new FormData(form, submitter ?? null));

plan.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.classList.contains("begin") || !new URL(form.action).pathname.endsWith("/plan")) return;
  event.preventDefault();
  send(fieldsOf(form, event.submitter), ["up", "down"].includes(event.submitter?.value));
});

// a field that was changed is checked at once
plan.addEventListener("change", (event) => {
  const form = event.target.closest(".fields");
  if (!form) return;
  const fields = fieldsOf(form);
  fields.set("do", "set");
  send(fields);
});

plan.addEventListener("keydown", (event) => {
  const row = event.target.closest(".step");
  if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  move(row, event.key === "ArrowUp" ? "up" : "down");
});

function move(row, how, to) {
  const fields = fieldsOf(row.querySelector(".tools"));
  fields.set("do", how);
  if (to) fields.set("to", String(to));
  const focused = row.querySelector("[data-key$='-up']:not(:disabled), [data-key$='-down']:not(:disabled)");
  if (!row.contains(document.activeElement) || !document.activeElement.dataset.key) focused?.focus({ preventScroll: true });
  send(fields, true);
}

// ------------------------------------------------------------ dragging

let drag = null;

plan.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".grip");
  if (!grip || event.button) return;
  event.preventDefault();
  const row = grip.closest(".step"), rows = [...plan.querySelectorAll(".step")];
  const boxes = rows.map((r) => { const b = r.getBoundingClientRect(); return { top: b.top + scrollY, height: b.height }; });
  drag = { row, rows, boxes, from: rows.indexOf(row), to: rows.indexOf(row), y: event.clientY + scrollY, last: event.clientY, grip, id: event.pointerId };
  grip.setPointerCapture(event.pointerId);
  row.classList.add("dragged");
  plan.classList.add("dragging");
  requestAnimationFrame(creep);
});

function follow() {
  const { row, rows, boxes, from, y, last } = drag;
  const finger = last + scrollY, by = finger - y;
  drag.to = from;
  boxes.forEach((box, i) => {
    if (i < from && finger < box.top + box.height / 2) drag.to = Math.min(drag.to, i);
    if (i > from && finger > box.top + box.height / 2) drag.to = i;
  });
  row.style.transform = `translateY(${by}px)`;
  rows.forEach((other, i) => {
    if (other === row) return;
    const step = i >= drag.to && i < from ? boxes[from].height : i <= drag.to && i > from ? -boxes[from].height : 0;
    other.style.transform = step ? `translateY(${step}px)` : "";
  });
}

/** Near the edge of the screen the page creeps on. */
function creep() {
  if (!drag) return;
  const edge = 72, speed = drag.last < edge ? -9 : drag.last > innerHeight - edge ? 9 : 0;
  if (speed) {
    scrollBy(0, speed);
    follow();
  }
  requestAnimationFrame(creep);
}

plan.addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  drag.last = event.clientY;
  follow();
});

function drop(event, keep) {
  if (!drag || event.pointerId !== drag.id) return;
  const { row, rows, from, to } = drag;
  drag = null;
  plan.classList.remove("dragging");
  row.classList.remove("dragged");
  for (const other of rows) other.style.transform = "";
  if (keep && to !== from) move(row, "move", to + 1);
}
plan.addEventListener("pointerup", (event) => drop(event, true));
plan.addEventListener("pointercancel", (event) => drop(event, false));
addEventListener("keydown", (event) => { if (event.key === "Escape" && drag) drop({ pointerId: drag.id }, false); });

// ------------------------------------------------------------ a tap on the body

plan.addEventListener("click", (event) => {
  const draws = event.target.closest("[data-draws]");
  if (draws) {
    openPath(draws, replaced);
    return;
  }
  const svg = event.target.closest("svg[data-view]");
  if (!svg) return;
  const form = svg.closest("form"), box = svg.getBoundingClientRect(), size = svg.viewBox.baseVal;
  form.elements.view.value = svg.dataset.view;
  form.elements.across.value = String(Math.round(((event.clientX - box.x) / box.width) * size.width));
  form.elements.down.value = String(Math.round(((event.clientY - box.y) / box.height) * size.height));
  send(fieldsOf(form));
});
