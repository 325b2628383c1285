// Strokes as coloured pencil on a canvas: later ones over earlier ones, each quality with a mark of its own.

const SHARPEST = 2600; // pixels of a canvas side; more only costs memory

/** Prepare a canvas for a view shown `wide` CSS pixels wide; returns pixels per unit. */
export function prepare(canvas, spec, wide) {
  const scale = Math.min((wide * Math.min(devicePixelRatio || 1, 2)) / spec.width, SHARPEST / Math.max(spec.width, spec.height));
  const w = Math.max(1, Math.round(spec.width * scale)), h = Math.max(1, Math.round(spec.height * scale));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  return scale;
}

/** Draw all strokes of a view. `place(stroke)` gives their points on the figure that is shown. What is there already stays: one more costs no more than one. */
export function drawAll(canvas, spec, wide, strokes, silhouette, place, ramp) {
  const scale = prepare(canvas, spec, wide);
  const old = canvas.drawn;
  const figures = [...new Set(strokes.map((stroke) => stroke.figure))];
  const stays = old && old.scale === scale && figures.length < 2 && old.strokes.every((stroke, i) => stroke === strokes[i]);
  canvas.drawn = { scale, strokes: figures.length < 2 ? strokes : [null] };
  if (stays && old.strokes.length === strokes.length) return;
  const pen = ready(canvas, scale, !stays);
  if (figures.length < 2) pencil(pen, stays ? strokes.slice(old.strokes.length) : strokes, place, ramp);
  else for (const figure of figures) lay(pen, canvas, scale, strokes.filter((stroke) => stroke.figure === figure), place, ramp);
  pen.globalCompositeOperation = "destination-in";
  pen.fill(silhouette);
  pen.globalCompositeOperation = "source-over";
}

/** A pen on a canvas, in units of the view. */
function ready(canvas, scale, empty) {
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  if (empty) pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.scale(scale, scale);
  pen.lineCap = pen.lineJoin = "round";
  return pen;
}

/** Strokes of one figure on a sheet of their own, laid over the others: an eraser reaches its own figure's strokes alone. */
function lay(pen, canvas, scale, strokes, place, ramp) {
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [canvas.width, canvas.height];
  pencil(ready(sheet, scale, false), strokes, place, ramp);
  pen.drawImage(sheet, 0, 0, canvas.width / scale, canvas.height / scale);
}

function pencil(pen, strokes, place, ramp) {
  for (const stroke of strokes) {
    const points = place(stroke);
    pen.globalCompositeOperation = "destination-out";
    pen.strokeStyle = "#000";
    line(pen, points, stroke.width);
    pen.globalCompositeOperation = "source-over";
    if (stroke.erase) continue;
    pen.globalAlpha = 0.72;
    pen.strokeStyle = colour(stroke.intensity, ramp);
    line(pen, points, stroke.width);
    pen.globalAlpha = 1;
    for (const quality of stroke.quality || []) {
      pen.strokeStyle = mark(pen, quality, dark(stroke.intensity));
      line(pen, points, stroke.width);
    }
    if (stroke.deep) rings(pen, points);
  }
}

export function line(pen, points, width) {
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(points[0][0], points[0][1]);
  for (const [x, y] of points.slice(1)) pen.lineTo(x, y);
  if (points.length === 1) pen.lineTo(points[0][0], points[0][1]);
  pen.stroke();
}

export function colour(intensity, ramp) {
  return ramp[Math.round(intensity == null ? 5 : Math.max(1, intensity))];
}

const dark = (intensity) => (intensity != null && intensity >= 6 ? "#fff8ee" : "#2a1710");

/** A deep pain: small open rings along the stroke, evenly. */
function rings(pen, points) {
  pen.lineWidth = 1.4;
  pen.strokeStyle = "#2a1710";
  const long = points.slice(1).map(([x, y], i) => Math.hypot(x - points[i][0], y - points[i][1]));
  const step = Math.max(14, long.reduce((a, b) => a + b, 0) / 4);
  let due = 0; // how far along the piece the next ring stands
  points.forEach(([x, y], i) => {
    const piece = long[i] || 0;
    for (; due <= piece; due += step) {
      const t = piece ? due / piece : 0;
      const [u, v] = points[i + 1] || [x, y];
      pen.beginPath();
      pen.arc(x + (u - x) * t, y + (v - y) * t, 4, 0, 7);
      pen.stroke();
    }
    due -= piece;
  });
}

/** The marks of the qualities, as repeating pictures. */
const DRAW = {
  sharp: (c) => { c.moveTo(2, 10); c.lineTo(10, 2); },
  burning: (c) => { c.moveTo(3, 3); c.lineTo(9, 9); c.moveTo(9, 3); c.lineTo(3, 9); },
  throbbing: (c) => { c.arc(6, 6, 3, 0, 7); },
  tingling: (c) => { c.arc(3, 3, 0.9, 0, 7); c.moveTo(9.9, 9); c.arc(9, 9, 0.9, 0, 7); },
  numb: (c) => { c.moveTo(1, 6); c.lineTo(11, 6); },
  electric: (c) => { c.moveTo(3, 1); c.lineTo(8, 5); c.lineTo(4, 7); c.lineTo(9, 11); },
  tight: (c) => { c.moveTo(4, 1); c.lineTo(4, 11); c.moveTo(8, 1); c.lineTo(8, 11); },
};

function mark(pen, quality, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 12;
  const c = tile.getContext("2d");
  c.strokeStyle = colour;
  c.globalAlpha = 0.75;
  c.lineWidth = 1.2;
  c.beginPath();
  DRAW[quality]?.(c);
  c.stroke();
  return pen.createPattern(tile, "repeat");
}
