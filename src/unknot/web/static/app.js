// The page works without this script; with it the answer follows each change, and what is open stays open.
const main = document.getElementById("main");
const SECOND_TAP = 700; // milliseconds in which a tap on what has just appeared is a slip
const PATIENCE = 20000;
let asked = 0;
let shown = 0;

/** Post the form as it stands and put the server's answer in its place. */
async function ask(button) {
  const form = document.getElementById("form");
  const body = new URLSearchParams(new FormData(form));
  if (button && button.name) body.append(button.name, button.value);
  const mine = ++asked;
  main.classList.add("busy");
  say(main.dataset.loading);
  try {
    const reply = await fetch("/", { method: "POST", body, headers: { "x-part": "main" }, signal: AbortSignal.timeout(PATIENCE) });
    const text = await reply.text();
    if (mine !== asked) return;
    if (!(reply.headers.get("content-type") || "").startsWith("text/html")) throw new Error(String(reply.status));
    show(text, button);
  } catch {
    if (mine === asked) say(main.dataset.offline, true);
  } finally {
    if (mine === asked) main.classList.remove("busy");
  }
}

/** Replace the main part; keep focus, open parts and what was typed meanwhile. */
function show(text, button) {
  const active = document.activeElement;
  const focus = active && main.contains(active) ? active.id : "";
  const caret = focus && "selectionStart" in active ? active.selectionStart : null;
  const warned = warnings();
  const open = [...main.querySelectorAll("details[open]")].map((d) => d.id);
  main.innerHTML = text;
  shown = performance.now();
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const next = document.getElementById(focus || after(button));
  if (next) {
    next.focus({ preventScroll: true });
    if (caret !== null && "setSelectionRange" in next) next.setSelectionRange(caret, caret);
  }
  if ([...warnings()].some((w) => !warned.has(w))) main.querySelector(".warning").scrollIntoView({ block: "center" });
  const first = main.querySelector(".warning h2") || main.querySelector(".press h3") || main.querySelector(".muscle");
  say(first ? first.innerText.replace(/\s+/g, " ") : "");
}

/** Where the hand goes on after a button that is no longer there. */
function after(button) {
  if (!button) return "";
  if (button.name === "found") return "next-title";
  return ["pick", "remove"].includes(button.name) ? "typed" : "answer-title";
}

/** The headings of all warnings: one that was not there before is scrolled into view, so that it cannot be overlooked. */
function warnings() {
  return new Set([...main.querySelectorAll(".warning h2")].map((h) => h.firstChild.textContent.trim()));
}

function say(words, alarm = false) {
  const status = document.getElementById("status");
  if (!status) return;
  status.textContent = words;
  status.classList.toggle("unseen", !alarm);
}

main.addEventListener("submit", (event) => {
  event.preventDefault();
  const slip = main.classList.contains("busy") || performance.now() - shown < SECOND_TAP;
  if (event.submitter?.name === "found" && slip) return;
  ask(event.submitter);
});
main.addEventListener("change", (event) => {
  if (event.target.id !== "typed") ask(null);
});
// What was entered lives in this page alone: leaving it asks first.
addEventListener("beforeunload", (event) => {
  if (main.querySelector(".places") && !location.pathname.startsWith("/example")) event.preventDefault();
});
