// Eyes-free: a soft tone of its own for each cue, made for one earpiece, and spoken words where the browser has a voice.

const KEPT = "unknot.room.sound";
// [pitch in Hz, when, how long in s]: rising is towards more, falling is towards less
const TONES = {
  press: [[330, 0, 0.18], [440, 0.16, 0.3]],
  stroke: [[330, 0, 0.14], [440, 0.12, 0.14], [440, 0.26, 0.2]],
  hold: [[392, 0, 0.35]],
  more: [[392, 0, 0.12], [466, 0.1, 0.12], [554, 0.2, 0.25]],
  ease: [[440, 0, 0.16], [349, 0.14, 0.35]],
  let_go: [[523, 0, 0.16], [392, 0.14, 0.18], [294, 0.3, 0.5]],
  stop: [[262, 0, 0.22], [196, 0.2, 0.3], [196, 0.55, 0.5]],
  recheck: [[392, 0, 0.14], [392, 0.2, 0.25]],
  ask: [[587, 0, 0.1], [587, 0.16, 0.16]],
  count: [[659, 0, 0.06]],
  refuse: [[233, 0, 0.1], [220, 0.12, 0.16]],
  ended: [[392, 0, 0.2], [330, 0.2, 0.2], [262, 0.4, 0.6]],
};
const LOUDEST = 0.22;
const RISE_S = 0.03;

export class Sound {
  constructor(changed) {
    this.changed = changed;
    this.set = { tones: true, speech: true, volume: 0.5, ...this.kept() };
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => this.wake(), { capture: true, passive: true });
  }

  kept() {
    try {
      const told = JSON.parse(localStorage.getItem(KEPT)) ?? {};
      return Object.fromEntries(Object.entries(told).filter(([key, value]) => typeof value === (key === "volume" ? "number" : "boolean")));
    } catch {
      return {};
    }
  }

  keep(change) {
    Object.assign(this.set, change);
    try { localStorage.setItem(KEPT, JSON.stringify(this.set)); } catch { /* it holds for this visit */ }
    this.changed();
  }

  // A browser lets a page sound only after it was touched.
  wake() {
    if (this.context?.state === "running") return;
    const Context = window.AudioContext ?? window.webkitAudioContext;
    if (!Context) return;
    this.context ??= new Context();
    this.context.resume().then(() => this.changed(), () => {});
  }

  get asleep() {
    return (this.set.tones || this.hasVoice && this.set.speech) && this.context?.state !== "running";
  }

  get hasVoice() {
    return "speechSynthesis" in window && speechSynthesis.getVoices().length > 0;
  }

  tone(name) {
    const context = this.context;
    if (!this.set.tones || context?.state !== "running" || !(name in TONES)) return;
    for (const [pitch, at, length] of TONES[name]) {
      const start = context.currentTime + at;
      const source = new OscillatorNode(context, { type: "sine", frequency: pitch });
      const gain = new GainNode(context, { gain: 0 });
      const loud = LOUDEST * this.set.volume ** 2 * (name === "count" ? 0.5 : 1);
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(loud, start + RISE_S);
      gain.gain.setTargetAtTime(0, start + Math.max(RISE_S, length * 0.5), length / 4);
      source.connect(gain).connect(context.destination);
      source.start(start);
      source.stop(start + length * 2);
    }
  }

  speak(text) {
    if (!this.set.speech || !this.hasVoice || this.set.volume === 0 || this.context?.state !== "running") return;
    speechSynthesis.cancel();
    const said = new SpeechSynthesisUtterance(text);
    said.volume = this.set.volume;
    said.lang = document.documentElement.lang;
    speechSynthesis.speak(said);
  }
}
