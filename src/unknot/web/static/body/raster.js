// The atlas as shapes and pixels, and strokes as covered sites: whole numbers alone, so that Python finds the same.

export const LEAST = 0.04;
const TENTH = 0.1;

/** @typedef {{figure: string, view: string, atlas: number, width: number, points: number[][], intensity?: number, quality?: string[], erase?: boolean, deep?: boolean}} Stroke */

/** The shapes of all figures that were loaded, by figure and view. */
export class Atlas {
  /** @param {object} index atlas.json  @param {Record<string, boolean>} lateral region to whether it has two sides */
  constructor(index, lateral) {
    this.views = Object.fromEntries(index.views.map((v) => [v.id, v]));
    this.lateral = lateral;
    this.figures = {};
    this.cache = new Map();
  }

  add(figure, table) {
    this.figures[figure] = table;
  }

  /** The stored geometry that stands for a figure in a view; hands and feet are the neutral figure's. */
  geometry(figure, view) {
    const stored = this.views[view].mirrors || view;
    return this.figures[figure].views[stored] || this.figures.neutral.views[stored];
  }

  /** Arcs of a geometry as absolute points, once. */
  arcs(geometry) {
    if (!this.cache.has(geometry)) {
      this.cache.set(geometry, geometry.arcs.map((arc) => {
        const points = [];
        let x = 0, y = 0;
        for (let i = 0; i < arc.length; i += 2) points.push([(x += arc[i]), (y += arc[i + 1])]);
        return points;
      }));
    }
    return this.cache.get(geometry);
  }

  site(region, side) {
    return this.lateral[region] ? `${region}@${side}` : region;
  }

  /** Labels of a view, `sites` they index, pixels of each and mm per unit. */
  sheet(figure, view) {
    const key = `${figure} ${view}`;
    if (!this.cache.has(key)) this.cache.set(key, this.rasterize(figure, view));
    return this.cache.get(key);
  }

  rasterize(figure, view) {
    const spec = this.views[view];
    const geometry = this.geometry(figure, view);
    const half = spec.sides.length === 2;
    const stored = half ? spec.width / 2 : spec.width;
    const regions = Object.keys(geometry.regions);
    const label = fill(this.arcs(geometry), geometry.regions, stored, spec.height);
    const sites = [];
    const numbers = spec.sides.map((side) => regions.map((region) => {
      const site = this.site(region, side);
      if (!sites.includes(site)) sites.push(site);
      return sites.indexOf(site);
    }));
    const labels = new Int16Array(spec.width * spec.height).fill(-1);
    const area = new Array(sites.length).fill(0);
    for (let y = 0; y < spec.height; y++) {
      for (let x = 0; x < stored; x++) {
        const region = label[y * stored + x];
        if (region < 0) continue;
        const place = y * spec.width;
        if (half) {
          labels[place + x] = numbers[0][region];
          labels[place + spec.width - 1 - x] = numbers[1][region];
          area[numbers[0][region]]++;
          area[numbers[1][region]]++;
        } else {
          labels[place + (spec.mirrors ? spec.width - 1 - x : x)] = numbers[0][region];
          area[numbers[0][region]]++;
        }
      }
    }
    return { labels, sites, area, mm: geometry.mm, width: spec.width, height: spec.height };
  }

  /** Largest area of each site in any view of a figure [mm2], from the counts that the atlas carries. */
  largest(figure) {
    const key = `largest ${figure}`;
    if (this.cache.has(key)) return this.cache.get(key);
    const found = {};
    for (const spec of Object.values(this.views)) {
      const geometry = this.geometry(figure, spec.id);
      for (const [region, pixels] of Object.entries(geometry.pixels)) {
        for (const side of spec.sides) {
          const site = this.site(region, side);
          found[site] = Math.max(found[site] || 0, this.seen(figure, spec.id, site));
        }
      }
    }
    this.cache.set(key, found);
    return found;
  }

  /** The area of a site that a view shows [mm2]. */
  seen(figure, view, site) {
    const spec = this.views[view];
    const geometry = this.geometry(figure, view);
    const [region, side] = site.split("@");
    if (side && !spec.sides.includes(side)) return 0;
    const both = spec.sides.length === 2 && !this.lateral[region] ? 2 : 1;
    return (geometry.pixels[region] || 0) * both * geometry.mm ** 2;
  }
}

/** Region number of each pixel of a stored part by the even-odd rule at pixel centres; -1 where there is none. */
function fill(arcs, regions, width, height) {
  const label = new Int16Array(width * height).fill(-1);
  const rows = new Uint8Array((width + 1) * height);
  Object.values(regions).forEach((rings, number) => {
    let top = height, low = 0;
    const touched = [];
    for (const ring of rings) {
      for (const reference of ring) {
        const arc = arcs[reference >= 0 ? reference : ~reference];
        for (let i = 1; i < arc.length; i++) {
          let [x1, y1] = arc[i - 1], [x2, y2] = arc[i];
          if (y1 === y2) continue;
          if (y1 > y2) [x1, y1, x2, y2] = [x2, y2, x1, y1];
          const fall = y2 - y1;
          top = Math.min(top, Math.max(y1, 0));
          low = Math.max(low, Math.min(y2, height));
          for (let y = Math.max(y1, 0); y < Math.min(y2, height); y++) {
            // twice the abscissa of the crossing, times `fall`; the first pixel right of it has (2 x + 1) * fall > above
            const above = 2 * x1 * fall + (2 * y + 1 - 2 * y1) * (x2 - x1);
            const first = Math.floor((Math.floor(above / fall) + 1) / 2);
            const at = y * (width + 1) + Math.min(Math.max(first, 0), width);
            rows[at] ^= 1;
            touched.push(at);
          }
        }
      }
    }
    for (let y = top; y < low; y++) {
      let inside = 0;
      for (let x = 0; x < width; x++) {
        inside ^= rows[y * (width + 1) + x];
        if (inside) label[y * width + x] = number;
      }
    }
    for (const at of touched) rows[at] = 0;
  });
  return label;
}

/** Number of the stroke on top at each pixel of a view; -1 where there is none. @param {Map<number, Stroke>} strokes */
export function ink(strokes, width, height, found = new Int32Array(width * height).fill(-1)) {
  for (const [number, stroke] of strokes) {
    const value = stroke.erase ? -1 : number;
    const points = stroke.points;
    for (let i = 0; i < Math.max(1, points.length - 1); i++) {
      segment(found, width, height, points[i], points[Math.min(i + 1, points.length - 1)], stroke.width, value);
    }
  }
  return found;
}

/** Colour the pixels whose centres lie within half a width of the line from a to b; all in twice the units. */
function segment(found, wide, high, a, b, width, value) {
  const reach = Math.floor((width + 1) / 2) + 1;
  const x0 = Math.max(Math.min(a[0], b[0]) - reach, 0), x1 = Math.min(Math.max(a[0], b[0]) + reach, wide);
  const y0 = Math.max(Math.min(a[1], b[1]) - reach, 0), y1 = Math.min(Math.max(a[1], b[1]) + reach, high);
  const dx = 2 * (b[0] - a[0]), dy = 2 * (b[1] - a[1]);
  const long = dx * dx + dy * dy, disc = width * width;
  for (let y = y0; y < y1; y++) {
    const down = 2 * y + 1 - 2 * a[1];
    for (let x = x0; x < x1; x++) {
      const across = 2 * x + 1 - 2 * a[0];
      const along = across * dx + down * dy;
      let near;
      if (along <= 0) near = across * across + down * down <= disc;
      else if (along >= long) near = (across - dx) ** 2 + (down - dy) ** 2 <= disc;
      else near = (across * dy - down * dx) ** 2 <= disc * long;
      if (near) found[y * wide + x] = value;
    }
  }
}

/**
 * The coloured sites of a drawing.
 * @param {Stroke[]} strokes  @param {Atlas} atlas
 * @param {Map<string, object> | null} kept what was counted last; only what was added since is counted anew
 * @returns {Record<string, {coverage: number, intensity: number | null, quality: string[], deep: boolean}>}
 */
export function coverage(strokes, atlas, kept = null) {
  const views = new Map();
  strokes.forEach((stroke, number) => {
    const key = `${stroke.figure} ${stroke.view}`;
    if (!views.has(key)) views.set(key, new Map());
    views.get(key).set(number, stroke);
  });
  const best = {};
  const chief = new Set();
  for (const [key, some] of views) {
    const [figure, view] = key.split(" ");
    const sheet = atlas.sheet(figure, view);
    onView(counted(key, some, sheet, kept), sheet, atlas.largest(figure), best, chief);
  }
  const found = {};
  for (const site of Object.keys(best).sort()) {
    if (best[site].coverage >= LEAST || chief.has(site)) found[site] = told(best[site], strokes);
  }
  return found;
}

/** Pixels of each stroke on each site: site number to (stroke number to pixels). */
function counted(key, strokes, sheet, kept) {
  const old = kept?.get(key);
  const more = old && since(old.strokes, strokes);
  if (more && !more.size) return old.table;
  const inked = ink(more || strokes, sheet.width, sheet.height, more ? old.inked : undefined);
  const table = new Map();
  const [x0, y0, x1, y1] = bounds(strokes, sheet);
  for (let y = y0; y < y1; y++) {
    for (let i = y * sheet.width + x0; i < y * sheet.width + x1; i++) {
      if (inked[i] < 0 || sheet.labels[i] < 0) continue;
      const site = sheet.labels[i];
      if (!table.has(site)) table.set(site, new Map());
      const row = table.get(site);
      row.set(inked[i], (row.get(inked[i]) || 0) + 1);
    }
  }
  kept?.set(key, { strokes, inked, table });
  return table;
}

/** The strokes that were added behind the old ones, or null where the old ones are no longer the first. */
function since(old, strokes) {
  for (const [number, stroke] of old) if (strokes.get(number) !== stroke) return null;
  return new Map([...strokes].slice(old.size));
}

/** Add what the strokes of one view left on each site to the `best`, and to `chief` the site on which each stroke mainly lies. */
function onView(table, sheet, largest, best, chief) {
  const mainly = new Map();
  for (const [site, row] of table) {
    for (const [stroke, n] of row) {
      const old = mainly.get(stroke);
      if (!old || n > old[0] || (n === old[0] && site < old[1])) mainly.set(stroke, [n, site]);
    }
    const name = sheet.sites[site];
    const pixels = [...row.values()].reduce((a, b) => a + b, 0);
    const whole = Math.max(sheet.area[site] * sheet.mm ** 2, largest[name] / 2);
    const share = Math.min(1, (pixels * sheet.mm ** 2) / whole);
    const old = best[name];
    if (!old || share > old.coverage || (share === old.coverage && pixels > old.pixels)) best[name] = { coverage: share, pixels, row };
  }
  for (const [, site] of mainly.values()) chief.add(sheet.sites[site]);
}

/** The pixels that strokes can have coloured: x0, y0, x1, y1. */
function bounds(strokes, sheet) {
  let [x0, y0, x1, y1] = [sheet.width, sheet.height, 0, 0];
  for (const stroke of strokes.values()) {
    for (const [x, y] of stroke.points) {
      x0 = Math.min(x0, x - stroke.width);
      y0 = Math.min(y0, y - stroke.width);
      x1 = Math.max(x1, x + stroke.width);
      y1 = Math.max(y1, y + stroke.width);
    }
  }
  return [Math.max(x0, 0), Math.max(y0, 0), Math.min(x1, sheet.width), Math.min(y1, sheet.height)];
}

/** The highest intensity and all qualities that cover at least a tenth of a site's colour. */
function told(patch, strokes) {
  const levels = new Map(), words = new Map();
  let deep = 0;
  for (const [number, pixels] of patch.row) {
    const stroke = strokes[number];
    if (stroke.intensity != null) levels.set(stroke.intensity, (levels.get(stroke.intensity) || 0) + pixels);
    for (const word of stroke.quality || []) words.set(word, (words.get(word) || 0) + pixels);
    if (stroke.deep) deep += pixels;
  }
  const enough = TENTH * patch.pixels;
  const strong = [...levels].filter(([, pixels]) => pixels >= enough).map(([level]) => level);
  const quality = [...words].filter(([, pixels]) => pixels >= enough).map(([word]) => word).sort();
  return { coverage: patch.coverage, intensity: strong.length ? Math.max(...strong) : null, quality, deep: deep > 0 && deep >= enough };
}
