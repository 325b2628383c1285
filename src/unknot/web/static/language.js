// A language's file is read here; its text goes the same way as text that was pasted.
document.querySelector("#file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file) document.querySelector("#text").value = await file.slice(0, 1_000_000).text();
});
