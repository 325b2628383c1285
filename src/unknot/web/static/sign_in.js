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

async function ask(button, options, get, send) {
  told.textContent = "";
  button.disabled = true;
  try {
    const given = await post(options, {});
    const credential = await get(given.options);
    const reply = await post(send, { key: given.key, credential: answer(credential), name: document.getElementById("key-name")?.value ?? "",
      next: document.querySelector("#sign-in [name=next]")?.value ?? "" });
    if (!reply.ok) throw new Error();
    location.assign(reply.there);
  } catch {
    told.textContent = button.dataset.failed;
    button.disabled = false;
  }
}

const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
const sign = document.getElementById("passkey");
sign?.addEventListener("click", () => ask(sign, "/sign-in/options", (o) => navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: known(o.allowCredentials) } }), "/sign-in/passkey"));
const make = document.getElementById("new-passkey");
make?.addEventListener("click", () => ask(make, "/me/passkey/options", (o) => navigator.credentials.create({ publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: known(o.excludeCredentials) } }), "/me/passkey"));
