// A medicine's name, typed: the questions that it answers come into view and are marked, to be ticked.
const field = document.getElementById("find");
const found = document.getElementById("found");
document.body.classList.add("scripted");
let asked = 0;
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault(); // the page is not sent by a name half typed
});
field.addEventListener("input", async () => {
  const turn = ++asked;
  for (const row of document.querySelectorAll(".questions .hit")) row.classList.remove("hit");
  if (field.value.trim().length < 2) return;
  const reply = await fetch(field.dataset.search, { method: "POST", body: new URLSearchParams({ words: field.value }) }).catch(() => null);
  if (!reply?.ok || turn !== asked) return;
  const rows = (await reply.json()).found.map((one) => document.querySelector(`[name="yes.${one.id}"]`)?.closest("li")).filter(Boolean);
  found.textContent = rows.length ? rows.map((row) => row.querySelector("legend").textContent).join(" ") : field.dataset.none;
  for (const row of rows) row.classList.add("hit");
  rows[0]?.scrollIntoView({ block: "center" });
});
