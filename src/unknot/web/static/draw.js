// A tap on a place colours it and adds its row; a second tap leads to the row. The form goes the same way as without a script.
const form = document.getElementById("draw"), list = document.getElementById("hurts"), add = document.getElementById("add");
document.body.classList.add("scripted");

const rowOf = (site) => list.querySelector(`[data-site="${CSS.escape(site)}"]`);
const pathsOf = (site) => form.querySelectorAll(`.place[data-site="${CSS.escape(site)}"]`);

function colour(site, fill) {
  for (const path of pathsOf(site)) {
    path.classList.toggle("hurts", Boolean(fill));
    path.style.fill = fill;
  }
}

function watch(row) {
  const site = row.dataset.site, much = row.querySelector("select");
  const told = () => colour(site, much.selectedOptions[0].dataset.colour);
  much.addEventListener("change", told);
  row.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    colour(site, "");
    row.remove();
  });
  told();
}

function hurt(site, name) {
  const old = rowOf(site);
  if (old) {
    old.scrollIntoView({ block: "center" });
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
  watch(row);
}

for (const row of list.querySelectorAll("li")) watch(row);
for (const path of form.querySelectorAll(".place")) path.addEventListener("click", () => hurt(path.dataset.site, path.dataset.name));
add.addEventListener("change", () => {
  if (add.value) hurt(add.value, add.selectedOptions[0].textContent);
  add.value = "";
});
