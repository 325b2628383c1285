// How far the client is, asked every few seconds; when they are done, their page opens by itself.
const told = document.getElementById("told"), every = 3000;
async function look() {
  const reply = await fetch(`${told.dataset.where}/waiting`, { headers: { accept: "application/json" } }).catch(() => null);
  const found = reply?.ok ? await reply.json() : null;
  if (found?.stands === "done") location.assign(told.dataset.where);
  if (found) {
    if (told.textContent !== found.told) told.textContent = found.told;
    document.getElementById("code").hidden = found.stands !== "waits";
  }
  setTimeout(look, every);
}
look();
