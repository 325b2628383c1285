// Answers at home: kept on the page alone, sealed for the practice when they are handed over.
const pains = new Map();
const list = document.querySelector("#places");
const nothing = document.querySelector("#nothing button"); // somebody's word, never what an empty body means
const said = document.querySelector("#said");
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

function colour(site, value) {
  for (const path of document.querySelectorAll(`[data-site="${CSS.escape(site)}"]`)) {
    path.classList.toggle("hurts", Boolean(value));
    path.style.fill = value;
  }
}

/** That nothing hurts can be said while no place stands; one that is shown takes it back. */
function alone() {
  nothing.parentNode.hidden = pains.size > 0;
  if (pains.size) nothing.setAttribute("aria-pressed", "false");
}

function hurt(site, called) {
  if (!site || pains.has(site)) return;
  const row = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { textContent: called });
  const strength = document.querySelector("#strength").content.cloneNode(true).firstElementChild;
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: list.dataset.remove });
  strength.setAttribute("aria-label", called);
  remove.setAttribute("aria-label", `${list.dataset.remove}: ${called}`);
  const told = () => {
    pains.set(site, strength.value ? Number(strength.value) : null); // what was not said stays unsaid
    colour(site, strength.selectedOptions[0].dataset.colour);
  };
  strength.addEventListener("change", told);
  remove.addEventListener("click", () => {
    pains.delete(site);
    colour(site, "");
    row.remove();
    alone();
  });
  row.append(name, strength, remove);
  list.append(row);
  told();
  alone();
}

/** What a yes asks for comes up; what that asks for, too, wherever it stands on the page. */
function follow() {
  const fields = [...document.querySelectorAll("[data-after]")];
  const yes = (id) => {
    const field = document.querySelector(`[data-question="${CSS.escape(id)}"]`);
    return !field.hidden && ["yes", "unknown"].includes(field.querySelector(":checked")?.value);
  };
  let changed = true;
  for (let round = 0; changed && round <= fields.length; round += 1) {
    changed = false;
    for (const field of fields) {
      const hidden = !field.dataset.after.split(" ").some(yes);
      changed ||= hidden !== field.hidden;
      field.hidden = hidden;
    }
  }
}

async function seal(content) {
  const info = new TextEncoder().encode(document.body.dataset.info);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("raw", bytes(document.body.dataset.key), curve, false, []);
  const mine = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
  const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: info }, key, new TextEncoder().encode(JSON.stringify(content)));
  const parts = { key: text(await crypto.subtle.exportKey("raw", mine.publicKey)), nonce: text(nonce), data: text(data) };
  return btoa(JSON.stringify(parts));
}

async function done() {
  const fields = [...document.querySelectorAll("[data-question]")].filter((f) => !f.hidden);
  const open = fields.filter((f) => !f.querySelector(":checked"));
  if (open.length) {
    said.textContent = said.dataset.left.replace("{count}", open.length);
    open[0].scrollIntoView();
    open[0].querySelector("input").focus();
    return;
  }
  const answers = Object.fromEntries(fields.map((f) => [f.dataset.question, f.querySelector(":checked").value]));
  try {
    const sealed = await seal({ answers, pains: Object.fromEntries(pains), nothing: nothing.getAttribute("aria-pressed") === "true", words: document.querySelector("#words").value });
    const link = Object.assign(document.createElement("a"), { download: "for-my-practice.txt", href: URL.createObjectURL(new Blob([sealed], { type: "text/plain" })) });
    link.click();
    said.textContent = said.dataset.done;
  } catch {
    said.textContent = said.dataset.failed;
  }
}

for (const path of document.querySelectorAll(".place")) path.addEventListener("click", () => hurt(path.dataset.site, path.dataset.name));
document.querySelector("#place").addEventListener("change", (event) => {
  hurt(event.target.value, event.target.selectedOptions[0].textContent);
  document.dispatchEvent(new CustomEvent("named", { detail: event.target.value }));
  event.target.value = "";
});
nothing.addEventListener("click", () => nothing.setAttribute("aria-pressed", String(nothing.getAttribute("aria-pressed") !== "true")));
document.addEventListener("change", follow);
for (const button of document.querySelectorAll(".rest"))
  button.addEventListener("click", () => {
    for (const field of button.closest("section").querySelectorAll("fieldset:not([hidden])")) if (!field.querySelector(":checked")) field.querySelector("[value=no]").checked = true;
    follow();
  });
document.querySelector("#seal").addEventListener("click", done);
