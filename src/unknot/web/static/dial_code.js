// A scanned square brings the code behind the # of the address, which is sent to nobody: it is taken out of the address and posted.

const form = document.getElementById("enter");

function take() {
  const code = decodeURIComponent(location.hash.slice(1)).replace(/[^A-Za-z0-9]/g, "");
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.hidden = true;
  document.getElementById("joining").hidden = false;
  form.submit();
}

addEventListener("hashchange", take);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  form.hidden = false;
  document.getElementById("joining").hidden = true;
});
take();
