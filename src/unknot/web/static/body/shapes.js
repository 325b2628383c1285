// One view of one figure as layers: the body, its shading, the ink, the regions that can be reached, and what is lit.
const SVG = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

const close = (points) => `M${points.map((p) => p.join(" ")).join("L")}Z`;
const open = (points) => `M${points.map((p) => p.join(" ")).join("L")}`;

/** The paths of a view: `sites` (site to path data), `outline`, `lines` (between regions), `middle` of each site `[x, y]`. */
export function paths(atlas, figure, view) {
  const spec = atlas.views[view];
  const geometry = atlas.geometry(figure, view);
  const arcs = atlas.arcs(geometry);
  const half = spec.sides.length === 2;
  const flip = (points) => points.map(([x, y]) => [spec.width - x, y]);
  const ways = half ? [(p) => p, flip] : [spec.mirrors ? flip : (p) => p];
  const ring = (references) => references.flatMap((a) => (a >= 0 ? arcs[a] : [...arcs[~a]].reverse()).slice(0, -1));
  const sites = {};
  const middle = {};
  const between = new Set();
  for (const [region, rings] of Object.entries(geometry.regions)) {
    const lateral = atlas.lateral[region];
    ways.forEach((way, i) => {
      const site = atlas.site(region, spec.sides[i]);
      const shapes = rings.map((r) => way(ring(r)));
      sites[site] = (sites[site] || "") + shapes.map(close).join("");
      const largest = shapes.reduce((a, b) => (b.length > a.length ? b : a));
      const xs = largest.map((p) => p[0]), ys = largest.map((p) => p[1]);
      const at = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
      middle[site] = middle[site] && !lateral ? [spec.width / 2, at[1]] : at;
    });
    if (lateral) rings.flat().forEach((a) => between.add(a >= 0 ? a : ~a));
  }
  const edges = new Set([...geometry.outline, ...geometry.cut]);
  const middles = new Set(geometry.midline);
  let outline = "", lines = "", silhouette = "";
  arcs.forEach((arc, i) => {
    for (const way of ways) {
      if (geometry.outline.includes(i)) outline += open(way(arc));
      else if (!edges.has(i) && (!middles.has(i) || between.has(i))) lines += open(way(arc));
    }
  });
  for (const data of Object.values(sites)) silhouette += data;
  return { sites, middle, outline, lines, silhouette };
}

/** The layers of a view in `parent`; returned so that the stage can fill them. */
export function layers(parent, spec, drawn, names) {
  const box = `0 0 ${spec.width} ${spec.height}`;
  parent.style.aspectRatio = `${spec.width} / ${spec.height}`;
  parent.style.setProperty("--ratio", String(spec.width / spec.height));
  const under = make("svg", { viewBox: box, class: "under", "aria-hidden": "true" }, parent);
  make("path", { d: drawn.silhouette, class: "flesh" }, under);
  const clip = `clip-${spec.id.replace(".", "-")}`;
  make("path", { d: drawn.silhouette }, make("clipPath", { id: clip }, make("defs", {}, under)));
  const shaded = make("g", { "clip-path": `url(#${clip})`, class: "shading" }, under);
  const image = make("image", { width: spec.width, height: spec.height }, shaded);
  if (spec.mirrors) image.setAttribute("transform", `translate(${spec.width} 0) scale(-1 1)`);
  const lit = make("svg", { viewBox: box, class: "glow", "aria-hidden": "true" }, parent); // under the ink, whose colour must stay what it says
  const glow = softened(lit, spec, drawn.silhouette);
  const canvas = document.createElement("canvas");
  const live = document.createElement("canvas");
  canvas.className = "ink";
  live.className = "ink live";
  parent.append(canvas, live);
  const over = make("svg", { viewBox: box, class: "over" }, parent);
  make("path", { d: drawn.lines, class: "lines", "aria-hidden": "true" }, over);
  make("path", { d: drawn.outline, class: "outline", "aria-hidden": "true" }, over);
  const reach = make("g", { class: "reach", role: "group", "aria-label": spec.name }, over);
  const sites = {};
  for (const [site, data] of Object.entries(drawn.sites)) {
    sites[site] = make("path", { d: data, class: "site", role: "checkbox", "aria-checked": "false", tabindex: "-1", "aria-label": names[site] || site, "data-site": site }, reach);
  }
  const marks = make("g", { class: "marks", "aria-hidden": "true" }, over);
  return { under, image, canvas, live, over, glow, reach, sites, marks };
}

/** Pencil hatching for referred pain, soft at its edges: dense where it is nearly always felt, light where sometimes. Returned are the masks that let it show. */
export function softened(svg, spec, silhouette, name = "") {
  const masks = {};
  const id = (what) => `${what}-${name}${spec.id.replace(".", "-")}`;
  const defs = make("defs", {}, svg);
  const unit = Math.max(spec.width, spec.height) / 1200;
  make("feGaussianBlur", { stdDeviation: 4 * unit }, make("filter", { id: id("soft"), filterUnits: "userSpaceOnUse", width: spec.width, height: spec.height, x: 0, y: 0 }, defs));
  for (const [kind, gap] of [["light", 9 * unit], ["dense", 5 * unit]]) {
    const pattern = make("pattern", { id: id(`hatch-${kind}`), width: gap, height: gap, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, defs);
    make("rect", { width: gap, height: gap, class: `tint ${kind}` }, pattern);
    make("path", { d: `M0 0V${gap}`, class: `hatch ${kind}` }, pattern);
    const mask = make("mask", { id: id(kind), maskUnits: "userSpaceOnUse", x: 0, y: 0, width: spec.width, height: spec.height }, defs);
    masks[kind] = make("g", { filter: `url(#${id("soft")})` }, mask);
    make("path", { d: silhouette, fill: `url(#${id(`hatch-${kind}`)})`, mask: `url(#${id(kind)})` }, svg);
  }
  return masks;
}
