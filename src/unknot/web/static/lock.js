// After a while without a hand on it the page locks itself. Who types or taps is told to the server now and then, so that it does not lock meanwhile.
// Tabs of one device know of one another.

const KEY = "unknot-seen";
const TELL_MS = 60_000;
const idle = Number(document.body.dataset.idle) * 60_000;
let told = Date.now();

function seen() {
  const now = Date.now();
  if (now - Number(localStorage.getItem(KEY)) > 1000) localStorage.setItem(KEY, String(now));
  if (now - told < Math.min(TELL_MS, idle / 3)) return;
  told = now;
  fetch("/seen", { method: "POST" }).then((reply) => { if (reply.status === 401) leave(); }, () => {});
}

function leave() {
  location.replace(`/sign-in?next=${location.pathname}`);
}

async function lock() {
  document.body.hidden = true;
  await fetch("/lock", { method: "POST", redirect: "manual" }).catch(() => {});
  leave();
}

function look() {
  if (idle > 0 && Date.now() - Number(localStorage.getItem(KEY)) > idle) lock();
}

localStorage.setItem(KEY, String(Date.now()));
for (const what of ["pointerdown", "keydown", "wheel", "touchstart", "input"]) addEventListener(what, seen, { passive: true, capture: true });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
document.addEventListener("visibilitychange", look);
setInterval(look, Math.min(5000, idle / 4));
