// A paper's text to the clipboard. A note that is being edited is copied as it stands in its fields.
document.body.classList.add("scripted");
const told = document.querySelector("#copied");

function edited() {
  const parts = [...document.querySelectorAll("textarea[data-part]")];
  return parts.map((p) => `${p.dataset.part.toUpperCase()}\n${p.value.trim()}\n`).join("\n");
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const head = source.textContent.split("\n").slice(0, 2).join("\n");
  const text = edited() ? `${head}\n\n${edited()}` : source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  told.textContent = told.dataset.done;
}

for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
