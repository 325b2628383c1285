// A tap on the body becomes a mark: the view and its units go into the form, a ring shows the place.
const form = document.getElementById("mark");
document.body.classList.add("scripted");
for (const svg of form.querySelectorAll("svg[data-view]")) {
  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect(), size = svg.viewBox.baseVal;
    const across = Math.round(((event.clientX - box.x) / box.width) * size.width);
    const down = Math.round(((event.clientY - box.y) / box.height) * size.height);
    form.elements.view.value = svg.dataset.view;
    form.elements.across.value = String(across);
    form.elements.down.value = String(down);
    form.elements.where.value = "";
    for (const old of form.querySelectorAll("circle.here")) old.remove();
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of Object.entries({ class: "here", cx: across, cy: down, r: 14 })) ring.setAttribute(name, String(value));
    svg.append(ring);
  });
}
form.elements.where.addEventListener("input", () => {
  form.elements.view.value = "";
  for (const old of form.querySelectorAll("circle.here")) old.remove();
});
