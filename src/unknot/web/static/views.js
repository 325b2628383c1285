// One switch for the views of the body: one at a time where there is little room, the whole body at once where there is more.
{
  const buttons = document.querySelectorAll(".parts button"), figures = document.querySelectorAll(".views figure");
  const roomy = matchMedia("(min-width: 54rem)");
  let part = "front";

  const group = () => [...figures].find((figure) => figure.dataset.part === part).dataset.group;
  const up = (figure) => figure.dataset.part === part || (roomy.matches && Boolean(group()) && figure.dataset.group === group());

  const show = (name) => {
    part = name;
    for (const figure of figures) figure.hidden = !up(figure);
    for (const button of buttons) {
      const pressed = button.dataset.part === part || (roomy.matches && Boolean(group()) && button.dataset.part === group());
      button.setAttribute("aria-pressed", String(pressed));
    }
    Object.assign(figures[0].parentElement.dataset, { part, count: [...figures].filter((figure) => !figure.hidden).length });
  };

  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.part === "body" ? "front" : button.dataset.part));
  // a place that was named and is not in sight: the first view that shows it comes up
  document.addEventListener("named", (event) => {
    const shows = [...figures].filter((figure) => figure.querySelector(`.place[data-site="${CSS.escape(event.detail)}"]`));
    if (shows.length && shows.every((figure) => figure.hidden)) show(shows[0].dataset.part);
  });
  roomy.addEventListener("change", () => show(part));
  show(part);
}
