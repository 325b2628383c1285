// A button that is held down stays until it has been pressed: an answer that comes meanwhile waits.
const HELD = 1000; // milliseconds for which it waits at most

/** @param {HTMLElement} root whose buttons are watched @returns a function that gives a promise, kept when no button is held down */
export function lifted(root) {
  let up = Promise.resolve();
  root.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("button, summary, a")) return;
    up = new Promise((done) => {
      for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => setTimeout(done), { once: true });
      setTimeout(done, HELD);
    });
  }, true);
  return () => up;
}
