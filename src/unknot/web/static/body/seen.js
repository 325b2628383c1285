// Which view shows best what is lit.

const ENOUGH = 0.85; // of the best view's part, so that a view that is up stays up

/** The view in which what is lit is best seen: one that is up, if it shows nearly as much as any. Undefined where nothing is lit. */
export function bestView(stage, what) {
  const all = Object.values(stage.atlas.views).filter((spec) => !what.point || shows(stage, spec, what));
  const parts = new Map(all.map((spec) => [spec, part(stage, what, [spec])]));
  const best = all.reduce((a, b) => (a && parts.get(a) >= parts.get(b) ? a : b), null);
  if (!best || !parts.get(best)) return undefined;
  const up = Object.values(stage.views).map((view) => view.spec).filter((spec) => parts.get(spec));
  const together = what.point ? Math.max(0, ...up.map((spec) => parts.get(spec))) : part(stage, what, up);
  if (together < ENOUGH * parts.get(best)) return best;
  return up.reduce((a, b) => (parts.get(a) >= parts.get(b) ? a : b));
}

/** Whether a point stands in a view. */
function shows(stage, spec, what) {
  return Boolean(stage.placed(spec, stage.places?.points[what.point])) && (spec.sides.length === 2 || !what.side || spec.sides[0] === what.side);
}

/** How much of what is lit some views show: each site by the share of it that is seen; of a point the place where it is pressed above all. */
function part(stage, what, specs) {
  const largest = stage.atlas.largest(stage.figure);
  let sum = 0;
  for (const [weight, sites] of [[4, what.at ? [what.at] : []], [1, what.essential], [0.3, what.spillover], [1, what.area]]) {
    for (const site of sites || []) {
      const shares = specs.map((spec) => stage.atlas.seen(stage.figure, spec.id, site) / largest[site]);
      sum += (weight * Math.max(0, ...shares.filter(Number.isFinite))) / (sites.length || 1);
    }
  }
  return sum;
}
