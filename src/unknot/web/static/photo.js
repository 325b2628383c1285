// An angle measured on a photograph. The picture stays in this page unless it is kept by a tap of its own; only the angle goes into its field.
const at = (id) => document.getElementById(id);
const canvas = at("photo-canvas"), what = at("photo-what"), told = at("photo-told"), take = at("photo-take");
const LARGEST = 1600, KEPT = 1000, STEP = 1;
/** On the screen [px]: a ring, how near a finger takes hold of it, the glass that enlarges what the finger hides, how far a tap may slip. */
const RING = 9, NEAR = 28, GLASS = 64, TIMES = 3, SLIP = 4;
let picture = null, places = [], active = 0, from = null, held = false, moved = false, keyed = false;
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
/** Pixels of the canvas to one of the screen. */
const scale = () => canvas.width / canvas.getBoundingClientRect().width;
function point(event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.x) / box.width) * canvas.width, ((event.clientY - box.y) / box.height) * canvas.height];
}
const away = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
/** The number of the nearest place, -1 when there is none within `most` pixels of the screen. */
function nearest(spot, most) {
  const found = places.map((place, n) => [away(place, spot), n]).sort((a, b) => a[0] - b[0])[0];
  return found && found[0] <= most * scale() ? found[1] : -1;
}
/** A finger on a ring moves it and does not move the page. */
canvas.addEventListener("touchstart", (event) => { if (event.touches.length === 1 && nearest(point(event.touches[0]), NEAR) >= 0) event.preventDefault(); }, { passive: false });
canvas.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  [from, moved] = [[event.clientX, event.clientY], false];
  const found = nearest(point(event), NEAR);
  held = found >= 0;
  if (!held) return;
  active = found;
  canvas.setPointerCapture(event.pointerId);
  draw();
});
canvas.addEventListener("pointermove", (event) => {
  const here = [event.clientX, event.clientY];
  if (!from || (!moved && away(from, here) < SLIP)) return;
  if (held && moved) shift((here[0] - from[0]) * scale(), (here[1] - from[1]) * scale());
  [from, moved] = [here, true];
});
canvas.addEventListener("pointerup", (event) => {
  if (from && !moved) tap(point(event));
  letGo();
});
canvas.addEventListener("pointercancel", letGo);

/** The first two taps place; the next puts the nearer of the two there. */
function tap(spot) {
  if (!picture || nearest(spot, places.length < 2 ? RING : NEAR) >= 0) return;
  if (places.length < 2) active = places.push(spot) - 1;
  else places[(active = nearest(spot, Infinity))] = spot;
}
function letGo() {
  [from, held] = [null, false];
  draw();
}
canvas.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  if (!way || !places.length) return;
  event.preventDefault();
  keyed = true;
  shift(...way);
});
canvas.addEventListener("blur", () => {
  keyed = false;
  draw();
});
function shift(x, y) {
  const [px, py] = places[active];
  places[active] = [Math.min(Math.max(px + x, 0), canvas.width), Math.min(Math.max(py + y, 0), canvas.height)];
  draw();
}
take.addEventListener("click", () => {
  const option = what.selectedOptions[0], field = document.getElementsByName(option.value)[0];
  const value = angle().toFixed(1), turn = document.getElementsByName(field.name.replace("v|", "turn|").replace(/\|0$/, ""))[0];
  field.value = turn ? value.replace("-", "") : value;
  if (turn) turn.value = value.startsWith("-") ? "minus" : "plus";
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
  [places, active, held, keyed] = [[], 0, false, false];
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
  marks(pen, scale());
  if ((held || keyed) && places.length) glass(pen, places[active], scale());
}

function marks(pen, size) {
  for (const [colour, width] of [["#fff", 4], ["#8c2f13", 2]]) {
    [pen.strokeStyle, pen.lineWidth] = [colour, width * size];
    if (places.length === 2) line(pen, places[0], places[1]);
    for (const [x, y] of places) {
      pen.beginPath();
      pen.arc(x, y, RING * size, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
}

/** What lies about a place, enlarged, in the upper corner away from the finger. */
function glass(pen, [x, y], size) {
  const half = GLASS * size, part = half / TIMES, left = x < canvas.width / 2 ? canvas.width - half : half;
  const share = picture.width / canvas.width;
  pen.save();
  pen.beginPath();
  pen.arc(left, half, half - 2 * size, 0, 2 * Math.PI);
  pen.fillStyle = "#fff";
  pen.fill();
  pen.clip();
  pen.drawImage(picture, (x - part) * share, (y - part) * share, 2 * part * share, 2 * part * share, left - half, 0, 2 * half, 2 * half);
  [pen.strokeStyle, pen.lineWidth] = ["#8c2f13", size];
  line(pen, [left - half, half], [left + half, half]);
  line(pen, [left, 0], [left, 2 * half]);
  pen.restore();
  [pen.strokeStyle, pen.lineWidth] = ["#8c2f13", 2 * size];
  pen.beginPath();
  pen.arc(left, half, half - 2 * size, 0, 2 * Math.PI);
  pen.stroke();
}

function line(pen, a, b) {
  pen.beginPath();
  pen.moveTo(...a);
  pen.lineTo(...b);
  pen.stroke();
}
