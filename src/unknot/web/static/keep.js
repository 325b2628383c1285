// Saving and printing: the answer is fetched first, so that a refusal or an app that is away takes nothing from the page.

/** Save the form as a file, or open the sheet for paper. `tell(words)` shows what went wrong. Whether it worked. */
export async function keep(form, button, { tell, problems, offline }) {
  const reply = await post(form, button.formAction);
  if (!reply) tell(offline);
  else if (!reply.ok) tell(await refusal(reply, problems));
  else if (button.formTarget === "_blank") sheet(form, button);
  else download(await reply.blob(), /filename="([^"]+)"/.exec(reply.headers.get("content-disposition"))?.[1]);
  return Boolean(reply?.ok);
}

async function post(form, address) {
  return fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "*/*" } }).catch(() => null);
}

async function refusal(reply, problems) {
  const text = await reply.text();
  try {
    return problems(text);
  } catch {
    return `${reply.status} ${reply.statusText}`;
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name || "";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The same form again, now to a tab of its own: its answer is known to be good. */
function sheet(form, button) {
  const [action, target] = [form.action, form.target];
  [form.action, form.target] = [button.formAction, "_blank"];
  form.submit();
  [form.action, form.target] = [action, target];
}
