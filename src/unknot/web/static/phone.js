// How far the client is, asked every few seconds; when they are done, their page opens by itself.
const told = document.getElementById("told"), every = 3000;
async function look() {
  const reply = await fetch(`${told.dataset.where}/waiting`, { headers: { accept: "application/json" } }).catch(() => null);
  const found = reply?.ok ? await reply.json() : null;
  if (found?.stands === "over" && told.dataset.stands === "open") location.assign(told.dataset.where);
  if (found) {
    if (told.textContent !== found.told) told.textContent = found.told;
    if (found.stands === "open") document.getElementById("code").hidden = true;
    told.dataset.stands = found.stands;
  }
  setTimeout(look, every);
}
look();
