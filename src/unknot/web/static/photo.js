// An angle measured on a photograph. The picture stays in this page unless it is kept by a tap of its own; only the angle goes into its field.
const at = (id) => document.getElementById(id);
const canvas = at("photo-canvas"), what = at("photo-what"), told = at("photo-told"), take = at("photo-take");
const LARGEST = 1600, KEPT = 1000, RING = 9, STEP = 1;
let picture = null, places = [];
document.body.classList.add("scripted");

at("photo-file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  picture = file ? await createImageBitmap(file).catch(() => null) : null;
  canvas.hidden = !picture;
  if (picture) {
    const share = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
    [canvas.width, canvas.height] = [Math.round(picture.width * share), Math.round(picture.height * share)];
  }
  anew();
});
what.addEventListener("change", anew);
at("photo-again").addEventListener("click", anew);
canvas.addEventListener("click", (event) => {
  const box = canvas.getBoundingClientRect();
  if (places.length === 2) places = [];
  places.push([((event.clientX - box.x) / box.width) * canvas.width, ((event.clientY - box.y) / box.height) * canvas.height]);
  draw();
});
canvas.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  if (!way || !places.length) return;
  event.preventDefault();
  const last = places[places.length - 1];
  last[0] += way[0];
  last[1] += way[1];
  draw();
});
take.addEventListener("click", () => {
  const option = what.selectedOptions[0], field = document.getElementsByName(option.value)[0];
  field.value = angle().toFixed(1);
  document.getElementsByName(option.dataset.way)[0].value = "photo";
  field.focus();
});

const keep = at("photo-keep");
/** What is seen on the canvas, drawn anew: nothing of the camera's file goes along. */
keep.addEventListener("click", async () => {
  keep.disabled = true;
  const share = Math.min(1, KEPT / Math.max(canvas.width, canvas.height)), small = document.createElement("canvas");
  [small.width, small.height] = [Math.round(canvas.width * share), Math.round(canvas.height * share)];
  small.getContext("2d").drawImage(canvas, 0, 0, small.width, small.height);
  const blob = await new Promise((done) => small.toBlob(done, "image/jpeg", 0.8));
  const reply = await fetch(keep.dataset.where, { method: "POST", body: blob }).catch(() => null);
  at("photo-kept").textContent = reply?.ok ? keep.dataset.done : keep.dataset.failed;
  keep.disabled = Boolean(reply?.ok);
});

function anew() {
  places = [];
  draw();
}

/** From the first place to the second: against the horizontal, up is plus; against the vertical, always plus. */
function angle() {
  const [[ax, ay], [bx, by]] = places, across = Math.abs(bx - ax), up = ay - by;
  const turn = what.selectedOptions[0].dataset.angle === "vertical" ? Math.atan2(across, Math.abs(up)) : Math.atan2(up, across);
  return (turn * 180) / Math.PI;
}

function draw() {
  take.disabled = places.length < 2;
  keep.disabled = !picture;
  const option = what.selectedOptions[0];
  told.textContent = !picture ? "" : places.length === 2 ? `${angle().toFixed(1)}°` : places.length ? option.dataset.b : option.dataset.a;
  if (!picture) return;
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const [colour, width] of [["#fff", 6], ["#8c2f13", 3]]) {
    [pen.strokeStyle, pen.lineWidth] = [colour, width];
    if (places.length === 2) line(pen, places[0], places[1]);
    for (const [x, y] of places) {
      pen.beginPath();
      pen.arc(x, y, RING, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
}

function line(pen, a, b) {
  pen.beginPath();
  pen.moveTo(...a);
  pen.lineTo(...b);
  pen.stroke();
}
