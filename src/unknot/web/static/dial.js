import { Link } from "/static/link.js";

const page = document.querySelector("#dial");
const link = new Link("/dial/ws", "dial", {
  state(view) { page.dataset.pressing = String(view.pressing); },
  line(up) { page.dataset.line = up ? "up" : "down"; },
});
for (const button of page.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => link.say(button.dataset.say, button.dataset.value ? { value: Number(button.dataset.value) } : {}));
}
