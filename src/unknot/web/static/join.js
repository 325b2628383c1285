// A link brings the code behind the # of the address, which is sent to nobody: it is taken out of the address and posted.

const form = document.getElementById("enter");
const code = decodeURIComponent(location.hash.slice(1)).replace(/[^A-Za-z0-9]/g, "");
if (code) {
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.submit();
}
