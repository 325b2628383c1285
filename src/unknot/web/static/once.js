// A form is taken once, and a page of questions stands a while before a tap on it is taken.

/** A page that comes back from the browser's memory is a new one: what is sent from it is meant anew. */
function renew() {
  for (const field of document.querySelectorAll('[name="once"]')) {
    const fresh = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
    field.value = field.value.replace(/^[0-9a-f]+/, fresh);
  }
}

/** No tap counts that began before the page stood in sight for as long as it must, nor one of several that follow at once. */
function guard(form) {
  const look = Number(form.dataset.look), told = form.querySelector(".slip");
  let shown = Infinity, pressed = null; // when the page came into sight, and when the finger came down [ms]
  const stand = () => requestAnimationFrame(() => requestAnimationFrame(() => { shown = performance.now(); }));
  const early = (began) => began < shown + look;
  const slipped = () => {
    shown = performance.now(); // the next one waits as long
    told.textContent = told.dataset.slip;
  };
  document.addEventListener("pointerdown", () => { pressed = performance.now(); }, true);
  document.addEventListener("pointercancel", () => { pressed = null; }, true);
  const stop = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", (event) => {
    const began = pressed ?? performance.now();
    pressed = null;
    const beside = !form.contains(event.target) && event.target.closest("a, button, summary, input, select");
    if (beside || !early(began)) return; // at first the style sheet keeps taps from the form: then they fall on what lies under it
    stop(event);
    slipped();
  }, true);
  form.addEventListener("submit", (event) => { if (early(performance.now())) stop(event); }, true);
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      shown = Infinity;
      stand();
    }
  });
  stand();
}

addEventListener("pageshow", (event) => { if (event.persisted) renew(); });
for (const form of document.querySelectorAll("form[data-look]")) guard(form);
