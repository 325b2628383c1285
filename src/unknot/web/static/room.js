import { Link } from "/static/link.js";

const page = document.querySelector("#room");
const $ = (id) => document.getElementById(id);
const link = new Link(`${page.dataset.socket}?role=${page.dataset.role}`, page.dataset.role, {
  state(view) {
    $("word").textContent = page.dataset[`word_${view.word}`] ?? view.word;
    $("place").textContent = view.current ? view.current.name : "";
    $("now").textContent = view.rating ?? "";
  },
  line(up) { $("line").hidden = up; },
  ack(id, ok, reason) { $("said").textContent = ok ? "" : reason; },
});
for (const button of page.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => link.say(button.dataset.say, button.dataset.value ? { value: Number(button.dataset.value) } : {}));
}
