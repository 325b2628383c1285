// The panels of the practitioner's screen: each is built when it is opened, and none covers the ring or the stop.

import { USUAL } from "/static/room_keys.js";

const NAMED = { " ": "space", ArrowLeft: "left", ArrowRight: "right", PageUp: "page_up", PageDown: "page_down", Escape: "escape" };
const TWICE_MS = 500;
const $ = (id) => document.getElementById(id);

function add(parent, name, text = "", attributes = {}) {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

function press(parent, text, on, attributes = {}) {
  const button = add(parent, "button", text, { type: "button", ...attributes });
  button.addEventListener("click", on);
  return button;
}

function choose(parent, label, options, name) {
  const box = add(parent, "label", label);
  const select = add(box, "select", "", { name });
  for (const [value, text] of options) add(select, "option", text, { value });
  return select;
}

export class Panels {
  // `room` holds data, say(key, values), view(), send(kind, more), ask(type, more), keys, sound, status(text).
  constructor(room) {
    this.room = room;
    this.name = "";
    this.panel = $("panel");
    $("shut").addEventListener("click", () => this.close());
    for (const button of document.querySelectorAll("[data-panel]")) button.addEventListener("click", () => this.toggle(button.dataset.panel));
    $("menu").addEventListener("click", () => this.toggle("menu"));
  }

  toggle(name) {
    if (this.name === name) this.close();
    else this.open(name);
  }

  open(name) {
    this.name = name;
    const body = $("panel-body");
    body.replaceChildren();
    body.dataset.panel = name;
    $("panel-title").textContent = "";
    this[name](body, this.room.say);
    this.panel.hidden = false;
    document.body.dataset.panel = name;
    $("menu").setAttribute("aria-expanded", "true");
    this.panel.focus({ preventScroll: true });
    this.panel.scrollTop = 0;
    this.opened = performance.now();
    this.room.render();
  }

  close() {
    if (!this.name) return;
    this.name = "";
    this.room.keys.learn = null;
    this.panel.hidden = true;
    delete document.body.dataset.panel;
    $("menu").setAttribute("aria-expanded", "false");
    document.activeElement?.blur();
    this.room.render();
  }

  title(text, help = "") {
    $("panel-title").textContent = text;
    if (help) add($("panel-body"), "p", help, { class: "help" });
  }

  // ---------------------------------------------------------------- what is felt

  menu(body, say) {
    this.title(say("room.menu"));
    const grid = add(body, "div", "", { class: "choices" });
    for (const name of ["points", "log", "dial", "setup", "end"]) press(grid, say("room." + name), () => this.open(name));
    add(body, "a", say("room.back"), { href: this.room.data.client, class: "away" });
  }

  else(body, say) {
    this.title(say("room.symptom_title"), say("room.symptom_help"));
    const grid = add(body, "div", "", { class: "choices warn" });
    for (const word of this.room.data.symptoms) {
      press(grid, say("room_symptom." + word), () => { this.close(); this.room.send("symptom", { word }); });
    }
    if (!this.room.view()?.may.includes("referral")) return;
    const button = press(add(body, "div", "", { class: "choices" }), say("room.referral"), () => { this.close(); this.room.send("referral"); });
    add(button, "small", say("room.referral_help"));
  }

  gone(body, say) {
    const words = this.room.view()?.signs || [];
    this.title(say("room.gone_title"), [...words.map((word) => `${say("room_symptom." + word)}.`), say("room.gone_help")].join(" "));
    const grid = add(body, "div", "", { class: "choices two-wide" });
    for (const [key, gone] of [["room.gone", true], ["room.not_gone", false]]) {
      press(grid, say(key), async () => {
        this.name = "screened"; // the answer of screening comes here, before or after the state that follows from it
        const told = await this.room.ask("gone", { words, gone });
        if (told.ok) this.screened(told, gone);
        else this.open("gone");
      });
    }
  }

  screened(told, gone) {
    const { say, data } = this.room;
    const body = $("panel-body");
    body.replaceChildren();
    this.title(say("room.screened"));
    const list = add(body, "ul", "", { class: "told" });
    for (const text of told.told?.length ? told.told : [say("room.screened_fine")]) add(list, "li", text);
    if (!gone) add(body, "a", say("room.questions"), { href: `${data.client}/ask?group=today`, class: "away" });
    press(add(body, "div", "", { class: "choices" }), say("room_do.go_on"), () => { this.close(); this.room.send("resume"); }, { class: "first" });
  }

  // ---------------------------------------------------------------- places

  points(body, say) {
    const view = this.room.view();
    if (!view) return;
    this.title(say("room.points"), say("room.points_help"));
    const now = add(body, "div", "", { class: "choices" });
    for (const kind of ["repeat", "park", "pause"]) {
      if (view.may.includes(kind)) press(now, say("room." + kind), () => { this.close(); this.room.send(kind); });
    }
    const list = add(body, "ol", "", { class: "list" });
    for (const one of view.applications) this.row(list, one, view, say);
    const more = add(body, "details", "", { class: "another" });
    add(more, "summary", say("room.another"));
    more.addEventListener("toggle", () => { if (more.open && !more.querySelector("form")) this.here(more, view, say); });
  }

  row(list, one, view, say) {
    const { data } = this.room;
    const row = add(list, "li", "", one.id === view.current?.id ? { "aria-current": "true" } : {});
    const told = add(row, "p", one.name);
    const how = `${data.techniques[one.technique] ?? one.technique}, ${data.contacts[one.contact] ?? one.contact}`;
    const state = one.outcome ? say("session_end." + one.outcome) : say("room.to_do");
    add(told, "small", `${how} · ${state} · ${say("room.taken", { count: one.taken_up, most: one.returns })} · ${Math.round(one.left / 1000)} s ${say("room.left_point")}`);
    if (one.open) press(row, say("room.begin"), () => { this.close(); this.room.send("begin", { application: one.id }); });
    if (one.skippable) press(row, say("room.skip"), () => { this.room.send("skip", { application: one.id }); this.close(); });
  }

  async here(parent, view, say) {
    const { data } = this.room;
    const form = add(parent, "form", "", { class: "here" });
    add(form, "p", say("room.here_help"), { class: "help" });
    const label = add(form, "label", say("room.place"));
    const input = add(label, "input", "", { list: "places", autocomplete: "off", name: "place" });
    const names = add(form, "datalist", "", { id: "places" });
    const technique = choose(form, say("room.technique"), [["", say("room.technique_any")], ...Object.entries(data.techniques)], "technique");
    const contact = choose(form, say("room.contact"), [["", say("room.contact_any")], ...Object.entries(data.contacts)], "contact");
    add(form, "button", say("room.here"), { class: "first" });
    const told = add(form, "p", "", { role: "status" });
    const here = view.current ?? view.next;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const named = input.value;
      const known = await this.known();
      const place = here && named === here.name ? here.place : known?.[named];
      if (!place) {
        told.textContent = say(known ? "room.place_unknown" : "refused.no_line");
        return;
      }
      const answer = await this.room.ask("here", { place, technique: technique.value, contact: contact.value, ...(here?.place === place ? { site: here.site } : {}) });
      told.textContent = answer.ok ? say("room.added") : (answer.told ?? []).join(" ");
      if (answer.ok) setTimeout(() => { if (this.name === "points" && form.isConnected) this.open("points"); }, 600);
    });
    const known = (await this.known()) ?? {};
    for (const name of Object.keys(known)) add(names, "option", "", { value: name });
    if (here && !input.value) input.value = Object.keys(known).find((name) => known[name] === here.place) ?? here.name;
  }

  // Every place by its name; null while the line is lost, and asked for again with the next tap.
  async known() {
    try {
      this.places ??= await (await fetch(`/sessions/${this.room.data.session}/places`)).json();
    } catch {
      return null;
    }
    return this.places;
  }

  // ---------------------------------------------------------------- what else was done, and what has changed

  log(body, say) {
    this.title(say("room.log_title"));
    const label = add(body, "label", say("room.log_text"));
    const text = add(label, "input", "", { maxlength: 500, autocomplete: "off" });
    const grid = document.createElement("div");
    grid.className = "choices";
    body.prepend(grid);
    for (const word of this.room.data.logged) {
      press(grid, say("room_log." + word), () => {
        this.room.send("log", { word, ...(text.value.trim() ? { data: { text: text.value.trim() } } : {}) });
        this.room.status(say("room.logged"));
        this.close();
      });
    }
  }

  recheck(body, say) {
    this.title(say("room.recheck_title"), say("room.recheck_help"));
    const chosen = {};
    const group = (name, title, options) => {
      const set = add(body, "fieldset");
      add(set, "legend", title);
      const row = add(set, "div", "", { class: "choices three-wide" });
      for (const [value, words] of options) {
        const button = press(row, words, () => {
          chosen[name] = value;
          for (const other of row.children) other.setAttribute("aria-pressed", String(other === button));
        }, { "aria-pressed": "false" });
      }
    };
    group("familiar", say("room.familiar"), [[false, say("room.familiar_no")], [true, say("room.familiar_yes")]]);
    group("tissue", say("room.tissue"), [["softer", say("room.softer")], ["same", say("room.same_as")], ["firmer", say("room.firmer")]]);
    group("motion", say("room.motion"), [["freer", say("room.freer")], ["same", say("room.same_as")], ["less", say("room.less_free")]]);
    press(add(body, "div", "", { class: "choices" }), say("room.keep"), () => { this.close(); this.room.send("recheck", { data: chosen }); }, { class: "first" });
  }

  // ---------------------------------------------------------------- devices, sound, keys, the end

  dial(body, say) {
    const { data } = this.room;
    this.title(say("room.dial_title"), data.base ? say("room.dial_help") : say("room.dial_alone"));
    const card = add(body, "div", "", { class: "code" });
    const fresh = async () => {
      const told = await this.room.ask("dial_code", { base: data.base || location.origin });
      if (!told.ok) return;
      card.replaceChildren();
      card.insertAdjacentHTML("beforeend", told.square); // drawn by our own server
      card.firstElementChild?.setAttribute("aria-hidden", "true");
      add(card, "p", told.code, { class: "typed-code" });
      add(card, "p", told.address, { class: "help" });
    };
    press(add(body, "div", "", { class: "choices" }), say("room.dial_new"), fresh);
    if (this.room.view()?.dial === "lost") press(body.lastElementChild, say("room.hand_over"), () => { this.close(); this.room.send("hand_over"); });
    fresh();
  }

  setup(body, say) {
    this.title(say("room.setup"));
    const { sound, keys } = this.room;
    const grid = add(body, "div", "", { class: "settings" });
    for (const [name, words] of [["tones", say("room.tones")], ["speech", say("room.speech")]]) {
      const label = add(grid, "label", "", { class: "tick" });
      const box = add(label, "input", "", { type: "checkbox" });
      label.append(words);
      box.checked = sound.set[name];
      box.addEventListener("change", () => sound.keep({ [name]: box.checked }));
    }
    const label = add(grid, "label", say("room.volume"), { class: "volume" });
    const level = add(label, "input", "", { type: "range", min: 0, max: 1, step: 0.05 });
    level.value = sound.set.volume;
    level.addEventListener("input", () => sound.keep({ volume: Number(level.value) }));
    press(grid, say("room.try"), () => { sound.tone("press"); setTimeout(() => sound.speak(say("room_word.press")), 700); });
    if (!sound.hasVoice) add(body, "p", say("room.no_voice"), { class: "help" });
    add(body, "p", this.room.awake() ? say("room.awake") : say("room.not_awake"), { class: "help" });
    add(body, "h3", say("room.keys"));
    add(body, "p", say("room.keys_help"), { class: "help" });
    const list = add(body, "ul", "", { class: "keys" });
    for (const action of Object.keys(USUAL)) this.key(list, action, say);
    add(body, "p", say("room.squeezer_help"), { class: "help" });
    press(add(body, "div", "", { class: "choices" }), say("room.keys_usual"), () => { keys.usual(); this.open("setup"); });
  }

  key(list, action, say) {
    const { keys } = this.room;
    const shown = () => keys.map[action].map((key) => (key in NAMED ? say("room_key." + NAMED[key]) : key)).join(", ") || say("room.keys_none");
    const row = add(list, "li");
    const name = action === "squeezer" ? say("room.squeezer") : say("room_key." + action);
    const button = press(row, name, () => {
      value.textContent = say("room.keys_set");
      keys.learn = (key) => {
        keys.set(action, key);
        this.open("setup");
        [...document.querySelectorAll(".keys button")].find((one) => one.dataset.action === action)?.focus();
      };
    }, { "data-action": action });
    const value = add(button, "kbd", shown());
  }

  end(body, say) {
    this.title(say("room.end_title"), say("room.end_help"));
    const grid = add(body, "div", "", { class: "choices two-wide" });
    press(grid, say("room.end_now"), () => { this.close(); this.room.send("end"); });
    press(grid, say("room.not_yet"), () => this.close());
  }

  // The large button, or the pedal, a second time: not the same press that opened the question.
  confirmed() {
    if (performance.now() - this.opened < TWICE_MS) return;
    this.close();
    this.room.send("end");
  }
}
