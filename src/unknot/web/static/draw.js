// A tap on a place colours it and adds its row; its strength is asked below it. The form goes the same way as without a script.
const form = document.getElementById("draw"), list = document.getElementById("hurts"), add = document.getElementById("add");
const last = document.getElementById("last");
document.body.classList.add("scripted");

const rowOf = (site) => list.querySelector(`[data-site="${CSS.escape(site)}"]`);
const pathsOf = (site) => form.querySelectorAll(`.place[data-site="${CSS.escape(site)}"]`);

function colour(site, fill) {
  for (const path of pathsOf(site)) {
    path.classList.toggle("hurts", Boolean(fill));
    path.style.fill = fill;
  }
}

/** How much, of the place that was tapped last: the numbers stand where the thumb is. */
function ask(row) {
  const said = row.querySelector("select").value;
  last.hidden = false;
  last.dataset.site = row.dataset.site;
  last.querySelector("b").textContent = row.querySelector(".name").textContent;
  for (const step of last.querySelectorAll("button")) {
    step.setAttribute("aria-pressed", String(step.value === said));
    step.style.borderBottomColor = step.dataset.colour;
  }
}

/** That nothing hurts can be said while no place stands. */
const alone = () => { document.getElementById("nothing").hidden = list.childElementCount > 0; };

function watch(row) {
  const site = row.dataset.site, much = row.querySelector("select");
  const told = () => {
    colour(site, much.selectedOptions[0].dataset.colour);
    if (last.dataset.site === site) ask(row);
  };
  much.addEventListener("change", told);
  row.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    colour(site, "");
    row.remove();
    alone();
    if (last.dataset.site === site) last.hidden = true;
  });
  told();
}

function hurt(site, name) {
  const old = rowOf(site);
  if (old) {
    ask(old);
    return;
  }
  const row = document.getElementById("hurt").content.cloneNode(true).querySelector("li");
  row.dataset.site = site;
  row.querySelector(".name").textContent = name;
  for (const field of row.querySelectorAll("select, button")) {
    if (field.name !== "remove") field.name += site;
    else field.value = site;
    field.setAttribute("aria-label", field.getAttribute("aria-label") + name);
  }
  list.prepend(row);
  alone();
  watch(row);
  ask(row);
}

for (const step of last.querySelectorAll("button"))
  step.addEventListener("click", () => {
    const much = rowOf(last.dataset.site).querySelector("select");
    much.value = step.value;
    much.dispatchEvent(new Event("change"));
  });
for (const row of list.querySelectorAll("li")) watch(row);
for (const path of form.querySelectorAll(".place")) path.addEventListener("click", () => hurt(path.dataset.site, path.dataset.name));
add.addEventListener("change", () => {
  if (add.value) hurt(add.value, add.selectedOptions[0].textContent);
  document.dispatchEvent(new CustomEvent("named", { detail: add.value }));
  add.value = "";
});
