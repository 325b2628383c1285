// The file that came back is read here; its text goes the same way as text that was pasted.
document.querySelector("#file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file) document.querySelector("#sealed").value = (await file.slice(0, 90_000).text()).trim();
});
