// Passkeys: the browser asks its person, signs what the server gave, and the server looks. Numbers travel as base64url.

document.body.classList.add("scripted");
const told = document.getElementById("told");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function post(where, fields) {
  const reply = await fetch(where, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(fields) });
  return reply.json();
}

function answer(credential) {
  const found = credential.response;
  const response = { clientDataJSON: text(found.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (found[name]) response[name] = text(found[name]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

// A page that no device trusts, or a browser without passkeys: one line instead of a button that can only fail.
const able = window.isSecureContext && "PublicKeyCredential" in window;
for (const part of able ? [] : document.querySelectorAll("[data-none]")) {
  const line = document.createElement("p");
  line.className = "help";
  line.textContent = part.dataset.none;
  part.replaceWith(line);
}

async function ask(button, options, get, send, then = (reply) => location.assign(reply.there)) {
  told.textContent = "";
  button.disabled = true;
  try {
    const given = await post(options, {});
    if (given.prove) return location.assign(given.prove);
    const credential = await get(given.options);
    const reply = await post(send, { key: given.key, credential: answer(credential), name: document.getElementById("key-name")?.value ?? "",
      next: document.querySelector("#sign-in [name=next], #prove [name=then]")?.value ?? "" });
    if (!reply.ok) throw new Error();
    then(reply);
  } catch {
    told.textContent = button.dataset.failed;
    button.disabled = false;
  }
}

const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
const sign = document.getElementById("passkey");
const shown = (o) => navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: known(o.allowCredentials) } });
sign?.addEventListener("click", () => ask(sign, "/sign-in/options", shown, "/sign-in/passkey"));
const prove = document.getElementById("prove-passkey");
prove?.addEventListener("click", () => ask(prove, "/sign-in/options", shown, "/prove/passkey", (reply) => {
  const form = document.getElementById("prove");
  if (!form.elements.sends) return location.assign(reply.there);
  form.elements.proof.remove();
  form.action = form.elements.then.value; // the form that has waited
  form.submit();
}));
const make = document.getElementById("new-passkey");
make?.addEventListener("click", () => ask(make, "/me/passkey/options", (o) => navigator.credentials.create({ publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: known(o.excludeCredentials) } }), "/me/passkey"));
