// A drawing made on one figure, shown on another: for the eye alone, its coverage stays that of the figure it was drawn on.

const STEP = 12; // units of a straight piece above which it is bent in the middle, too

/** The points of a stroke on the figure that is shown. */
export function warped(atlas, stroke, figure) {
  if (stroke.figure === figure) return stroke.points;
  const spec = atlas.views[stroke.view];
  const grid = (whose) => atlas.figures[whose]?.warp?.[spec.mirrors || spec.id];
  const from = grid(stroke.figure), to = grid(figure);
  return close(stroke.points).map((point) => {
    const p = spec.mirrors ? [spec.width - point[0], point[1]] : point;
    const neutral = from ? back(from, p) : p;
    const moved = to ? plus(neutral, at(to, neutral)) : neutral;
    return spec.mirrors ? [spec.width - moved[0], moved[1]] : moved;
  });
}

/** The same line with more points on its long straight pieces. */
function close(points) {
  const found = [points[0]];
  points.slice(1).forEach(([x, y], i) => {
    const [u, v] = points[i];
    const n = Math.max(1, Math.ceil(Math.hypot(x - u, y - v) / STEP));
    for (let k = 1; k <= n; k++) found.push([u + ((x - u) * k) / n, v + ((y - v) * k) / n]);
  });
  return found;
}

const plus = (a, b) => [a[0] + b[0], a[1] + b[1]];

/** The displacement at a place of the neutral figure, between the knots of the grid. */
function at(grid, [x, y]) {
  const u = Math.min(Math.max(x / grid.step, 0), grid.columns - 1.001), v = Math.min(Math.max(y / grid.step, 0), grid.rows - 1.001);
  const i = Math.floor(u), j = Math.floor(v), s = u - i, t = v - j;
  const mix = (d) => {
    const k = j * grid.columns + i;
    return (d[k] * (1 - s) + d[k + 1] * s) * (1 - t) + (d[k + grid.columns] * (1 - s) + d[k + grid.columns + 1] * s) * t;
  };
  return [mix(grid.dx), mix(grid.dy)];
}

/** The place of the neutral figure that the grid moves to p. */
function back(grid, p) {
  let q = p;
  for (let n = 0; n < 6; n++) {
    const move = at(grid, q);
    q = [p[0] - move[0], p[1] - move[1]];
  }
  return q;
}
