// A client as one types: the answer comes from this machine; only the newest one is shown.
const form = document.querySelector(".find-client");
const field = form.querySelector("input");
const found = form.querySelector(".found-people");
let newest = 0;

async function look() {
  const turn = ++newest;
  const reply = await fetch("/find", { method: "POST", body: new URLSearchParams({ typed: field.value }) }).catch(() => null);
  if (turn !== newest || !reply?.ok) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  for (const link of page.querySelectorAll("a[data-id]")) link.setAttribute("href", form.dataset.goes + link.dataset.id);
  found.replaceChildren(...page.body.childNodes);
}

field.addEventListener("input", look);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  found.querySelector("a")?.click();
});
