// A piece of one view round what is lit, for where the whole body is out of sight: the picture beside the question what to press.
import { colour } from "./ink.js";
import { make, paths, softened } from "./shapes.js";
import { warped } from "./warp.js";

const WIDE = 360; // units of a whole-body view that are seen
const SHAPE = 2; // width over height

/** The picture and its caption. */
export function closeUp(stage, spec, what, number) {
  const drawn = paths(stage.atlas, stage.figure, spec.id);
  const svg = make("svg", { viewBox: what.point ? round(stage, spec, what) : over(drawn, what.area, spec), role: "img", "aria-label": spec.name });
  const clip = make("clipPath", { id: `clip-close-${number}` }, make("defs", {}, svg));
  make("path", { d: drawn.silhouette }, clip);
  make("path", { d: drawn.silhouette, class: "flesh" }, svg);
  const shaded = make("g", { "clip-path": `url(#clip-close-${number})`, class: "shading" }, svg);
  const image = make("image", { width: spec.width, height: spec.height, href: stage.picture(spec) }, shaded);
  if (spec.mirrors) image.setAttribute("transform", `translate(${spec.width} 0) scale(-1 1)`);
  stage.glow({ drawn, glow: softened(svg, spec, drawn.silhouette, `close-${number}-`) }, what);
  make("path", { d: drawn.lines, class: "lines" }, svg);
  const ink = make("g", { "clip-path": `url(#clip-close-${number})`, class: "strokes" }, svg);
  for (const stroke of stage.strokes) {
    if (stroke.view !== spec.id || stroke.erase) continue;
    const points = warped(stage.atlas, stroke, stage.figure);
    make("path", { d: `M${[...points, points.at(-1)].map((p) => p.join(" ")).join("L")}`, stroke: colour(stroke.intensity, stage.words.ramp), "stroke-width": stroke.width }, ink);
  }
  make("path", { d: drawn.outline, class: "outline" }, svg);
  stage.place({ spec, marks: make("g", {}, svg) }, what);
  const caption = document.createElement("figcaption");
  caption.textContent = spec.name;
  return [svg, caption];
}

/** What is seen of a view round a point. */
function round(stage, spec, what) {
  const [x, y] = stage.spot(spec, what);
  const wide = (WIDE * Math.max(spec.width, spec.height)) / 1200, high = wide / SHAPE;
  return `${x - wide / 2} ${y - high / 2} ${wide} ${high}`;
}

/** What is seen of a view over some sites: all of them, with a little room. */
function over(drawn, sites, spec) {
  const data = sites.map((site) => drawn.sites[site] || "").join("");
  const numbers = data.match(/-?[\d.]+/g).map(Number);
  const [xs, ys] = [numbers.filter((_, i) => i % 2 === 0), numbers.filter((_, i) => i % 2)];
  const room = Math.max(spec.width, spec.height) / 20;
  const [x, y] = [Math.min(...xs) - room, Math.min(...ys) - room];
  return `${x} ${y} ${Math.max(...xs) + room - x} ${Math.max(...ys) + room - y}`;
}
