// Keys of the practitioner's screen. A page-turner pedal is a keyboard of two keys; a client's squeezer one of a single key.
// When a key was pressed is what its event says: a busy page hears of it later, and of two presses perhaps at once.

const KEPT = "unknot.room.keys";
const HELD_MS = 600;
const AT_ONCE_MS = 60; // nobody says the same twice so soon: it is a held pedal that repeats
const BETWEEN_MS = 150; // a pedal that sends its key again and again while it is held
export const USUAL = {
  next: [" ", "ArrowRight", "PageDown"], ease: ["ArrowLeft", "PageUp"], stop: ["Escape"], less: ["l"], same: ["s"], more: ["m"],
  off: ["o"], park: ["p"], halt: ["h"], stuck: ["k"], referral: ["r"], else: ["e"], squeezer: [],
};

export function nameOf(event) {
  if (event.key === "Unidentified" || event.key === "Process") return event.code;
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

export class Keys {
  // `on` holds act(action), rate(step), less(), stop(by), held(event): whether keys belong to something else just now.
  constructor(on) {
    this.on = on;
    this.down = new Map();
    this.lifted = new Map();
    this.map = this.kept();
    this.learn = null;
    addEventListener("keydown", (event) => this.press(event), true);
    addEventListener("keyup", (event) => this.lift(event), true);
    addEventListener("blur", () => this.letGo());
  }

  kept() {
    try {
      const told = JSON.parse(localStorage.getItem(KEPT)) ?? {};
      return Object.fromEntries(Object.entries(USUAL).map(([action, usual]) => [action, Array.isArray(told[action]) ? told[action].map(String) : usual]));
    } catch {
      return { ...USUAL };
    }
  }

  set(action, key) {
    for (const one of Object.keys(this.map)) this.map[one] = this.map[one].filter((k) => k !== key);
    this.map[action] = [key];
    this.keep();
  }

  usual() {
    this.map = { ...USUAL };
    this.keep();
  }

  keep() {
    try { localStorage.setItem(KEPT, JSON.stringify(this.map)); } catch { /* it holds for this visit */ }
  }

  actionOf(key) {
    return Object.keys(this.map).find((action) => this.map[action].includes(key)) ?? "";
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = nameOf(event);
    if (this.learn) {
      event.preventDefault();
      event.stopPropagation();
      if (event.repeat) return;
      const learn = this.learn;
      this.learn = null;
      this.ignored = key;
      learn(key);
      return;
    }
    const action = this.actionOf(key);
    if (this.on.held(event, action)) return;
    const step = /^[0-9]$/.test(key) ? Number(key) : key === "a" ? 10 : null;
    if (!action && step === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat || this.down.get(key)?.timer) return;
    if (action === "ease" || action === "squeezer") this.holding(key, action, event.timeStamp);
    else if (action !== "stop" && event.timeStamp - (this.lifted.get(key) ?? -Infinity) < AT_ONCE_MS) this.lifted.set(key, event.timeStamp);
    else if (action) this.on.act(action);
    else this.on.rate(step);
  }

  // What is less is done at once; what is held on becomes stop.
  holding(key, action, now) {
    const before = this.down.get(key);
    const going = before && now - before.lifted < BETWEEN_MS;
    const since = going ? before.since : now;
    const stop = () => {
      this.down.set(key, { since: Infinity, timer: 0, lifted: 0 });
      this.on.stop(action === "squeezer" ? "squeezer" : "practitioner");
    };
    if (going && now - since >= HELD_MS) return stop();
    if (since === Infinity) {
      this.down.set(key, { since, lifted: 0, timer: 0 });
      return;
    }
    this.down.set(key, { since, lifted: 0, timer: setTimeout(stop, Math.max(0, HELD_MS - (now - since))) });
    if (going) return;
    if (action === "squeezer") this.on.less();
    else this.on.act("ease");
  }

  lift(event) {
    const key = nameOf(event);
    if (this.ignored === key) {
      this.ignored = null;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    this.lifted.set(key, event.timeStamp);
    const held = this.down.get(key);
    if (!held) return;
    clearTimeout(held.timer);
    this.down.set(key, { ...held, timer: 0, lifted: event.timeStamp });
  }

  letGo() {
    for (const held of this.down.values()) clearTimeout(held.timer);
    this.down.clear();
  }
}
