// A stroke as a line: only the points that bend it are kept, and an eraser reaches every figure that was drawn on.
import { ink } from "./raster.js";
import { warped } from "./warp.js";

const SLACK = 0.5; // units by which a point must bend the line to be kept
export const MOST_POINTS = 2000;
export const MOST_STROKES = 400; // that colour; as many again may erase
const MANY = 300; // rows from which those that no longer show are dropped

/** The points of a line inside the view, in whole units, without those that could be left out and move it by no more than half a unit. */
export function thinned(points, spec) {
  const within = points.map(([x, y]) => [Math.min(Math.max(x, 0), spec.width), Math.min(Math.max(y, 0), spec.height)]);
  let kept = bends(within, SLACK);
  for (let slack = 2 * SLACK; kept.length > MOST_POINTS; slack *= 2) kept = bends(within, slack);
  const whole = kept.map(([x, y]) => [Math.round(x), Math.round(y)]);
  return whole.filter((p, i) => !i || p[0] !== whole[i - 1][0] || p[1] !== whole[i - 1][1]);
}

/** The points that bend a line by more than `slack`. */
function bends(points, slack) {
  const kept = new Set([0, points.length - 1]);
  const parts = [[0, points.length - 1]];
  while (parts.length) {
    const [a, b] = parts.pop();
    let worst = -1, far = slack;
    for (let i = a + 1; i < b; i++) {
      const away = distance(points[i], points[a], points[b]);
      if (away > far) [worst, far] = [i, away];
    }
    if (worst < 0) continue;
    kept.add(worst);
    parts.push([a, worst], [worst, b]);
  }
  return points.filter((_, i) => kept.has(i));
}

/** From a point to the straight piece between two others. */
function distance([x, y], [ax, ay], [bx, by]) {
  const dx = bx - ax, dy = by - ay;
  const long = dx * dx + dy * dy;
  const t = long ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / long, 0), 1) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** An eraser's stroke as it must lie on each figure whose strokes are seen in its view: what is seen to go is gone. */
export function carried(atlas, strokes, eraser) {
  const spec = atlas.views[eraser.view];
  const figures = new Set(strokes.filter((s) => s.view === eraser.view && !s.erase).map((s) => s.figure));
  return [...figures].map((figure) => (figure === eraser.figure ? eraser : { ...eraser, figure, points: thinned(warped(atlas, eraser, figure), spec) }));
}

/** A long drawing without what lies wholly under later strokes or was wholly erased, and without erasers that have nothing left to erase. */
export function tidied(strokes, atlas) {
  if (strokes.length < MANY) return strokes;
  const seen = new Set();
  for (const key of new Set(strokes.map((s) => `${s.figure} ${s.view}`))) {
    const some = new Map([...strokes.entries()].filter(([, s]) => `${s.figure} ${s.view}` === key));
    const { width, height } = atlas.views[some.values().next().value.view];
    for (const number of new Set(ink(some, width, height))) seen.add(number);
  }
  const shown = new Set(); // the figures and views that have colour so far
  return strokes.filter((s, i) => {
    const key = `${s.figure} ${s.view}`;
    if (!s.erase && seen.has(i)) shown.add(key);
    return s.erase ? shown.has(key) : seen.has(i);
  });
}

/** Whether one more row may be drawn, or erased. */
export function room(strokes, erase) {
  return erase ? strokes.length < 2 * MOST_STROKES : strokes.length < 2 * MOST_STROKES && strokes.filter((s) => !s.erase).length < MOST_STROKES;
}
