// The line to the server that every screen of the room keeps: it greets, says what happened, says it again when no answer came, and notices
// when the line is dead. The server holds the clock: `now()` is its time, as far as it was told.

const VERSION = 1;
const PING_MS = 500;
const DEAD_MS = 2000;
const REPLACED = 4001;
const OVER = 4002;
const AGAIN_MS = [250, 500, 1000, 2000];
const OLD_MS = 2000;
const OF_THE_MOMENT = ["rate", "same", "more", "next", "begin", "repeat", "release", "halt", "resume", "recheck", "hand_over"];

// A name that nobody else has.
function name() {
  return crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

export class Link {
  // `on` holds state(view, effects, events), line(connected), ack(id, ok, reason, message, sent), and for a dial: ended(code) when it is not to
  // come again by itself, failing(tries) when it does not come through. `role` is screen, watch or dial.
  constructor(path, role, on) {
    this.path = path;
    this.role = role;
    this.on = on;
    this.seen = 0;
    this.page = name();
    this.waiting = new Map();
    this.tries = 0;
    this.connected = false;
    this.zero = null;
    this.away = false;
    addEventListener("online", () => this.open());
    addEventListener("offline", () => this.drop());
    document.addEventListener("visibilitychange", () => this.seenOrNot());
    addEventListener("pageshow", () => this.seenOrNot());
    addEventListener("pagehide", () => this.socket?.close());
    this.open();
    setInterval(() => this.beat(), PING_MS);
  }

  now() {
    return this.zero === null ? 0 : performance.now() - this.zero;
  }

  // A dial that nobody can see or feel is no dial: it says so by hanging up, and comes back when it is seen again.
  seenOrNot() {
    if (this.role === "dial" && document.hidden) this.drop();
    else if (!document.hidden && !this.connected) this.open();
    else if (!document.hidden) this.check();
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.lost();
  }

  // Come back after another device was the dial.
  comeBack() {
    this.away = false;
    this.open();
  }

  open() {
    const state = this.socket?.readyState;
    if (this.away || (state === WebSocket.OPEN && this.connected)) return;
    if (state === WebSocket.CONNECTING && performance.now() - this.asked < DEAD_MS) return;
    clearTimeout(this.timer);
    this.asked = performance.now();
    this.heard = undefined;
    this.socket?.close();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (this.socket !== socket) return;
      this.heard = performance.now();
      socket.send(JSON.stringify({ v: VERSION, type: "hello", role: this.role, seen: this.seen, page: this.page }));
    });
    socket.addEventListener("message", (event) => { if (this.socket === socket) this.message(JSON.parse(event.data)); });
    socket.addEventListener("close", (event) => {
      if (this.socket !== socket) return;
      this.away = event.code === REPLACED || event.code === OVER;
      this.lost();
      if (this.away) this.on.ended?.(event.code === OVER ? "over" : "replaced");
    });
  }

  message(told) {
    this.heard = performance.now();
    if (told.v !== VERSION || told.type === "reload") {
      location.reload();
      return;
    }
    if (told.type === "ack") {
      const sent = this.waiting.get(told.id);
      this.waiting.delete(told.id);
      this.on.ack?.(told.id, told.ok, told.reason, told, sent?.told);
    }
    if (told.type !== "state") return;
    this.zero = performance.now() - told.view.now;
    this.seen = told.view.sequence;
    if (!this.connected) {
      this.connected = true;
      this.tries = 0;
      this.on.line(true);
      this.again();
    }
    this.on.state(told.view, told.effects, told.events);
  }

  // What waited on a dead line is said again, but for what was true only when it was said: a number of then is no number of now.
  again() {
    for (const [id, { told, at }] of [...this.waiting]) {
      if (OF_THE_MOMENT.includes(told.kind) && performance.now() - at > OLD_MS) {
        this.waiting.delete(id);
        this.on.ack?.(id, false, "too_old", { id, ok: false, reason: "too_old" }, told);
      } else this.socket.send(JSON.stringify(told));
    }
  }

  lost() {
    if (this.connected) {
      this.connected = false;
      this.on.line(false);
    }
    // what a dial has said on a dead line is old when it comes back: only the practitioner's own taps are said again
    if (this.role === "dial") this.waiting.clear();
    clearTimeout(this.timer);
    if (this.away || (this.role === "dial" && document.hidden)) return;
    this.timer = setTimeout(() => this.open(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    this.on.failing?.(this.tries);
  }

  check() {
    if (this.heard !== undefined && performance.now() - this.heard > DEAD_MS) this.drop();
  }

  beat() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ v: VERSION, type: "ping" }));
      this.check();
    } else if (this.socket?.readyState === WebSocket.CONNECTING && performance.now() - this.asked > DEAD_MS) {
      this.drop(); // nobody answers there: asked again, not waited for
    }
  }

  // Say an event; its id. On a dead line a dial says nothing at all.
  say(kind, more = {}) {
    return this.tell("event", { kind, seen: this.seen, at: this.now(), ...more });
  }

  tell(type, more = {}) {
    const id = name();
    const told = { v: VERSION, type, id, ...more };
    if (!this.connected && this.role === "dial") return "";
    this.waiting.set(id, { told, at: performance.now() });
    if (this.connected) this.socket.send(JSON.stringify(told));
    return id;
  }
}
