// Pictures that the project draws itself: cars, buses and motorcycles from the side, as SVG. Each has its own
// proportions, colors, place, size, tilt, sky and ground, all from one seeded generator.

/** What is drawn; a class has a folder of its own. */
export const VEHICLES = ["car", "bus", "motorcycle"];

/** Size of a drawing in pixels. */
export const WIDTH = 400;
export const HEIGHT = 300;

/**
 * A generator of numbers from 0 to 1 (mulberry32, by Tommy Ettinger, public domain): small, and the same everywhere.
 *
 * @param {number} seed a 32-bit whole number
 * @returns {() => number}
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One drawing.
 *
 * @param {string} vehicle one of VEHICLES
 * @param {() => number} random
 * @returns {string} an SVG of WIDTH x HEIGHT pixels
 */
export function drawVehicle(vehicle, random) {
  const between = (/** @type {number} */ least, /** @type {number} */ most) => least + (most - least) * random();
  const shapes = { car: drawCar, bus: drawBus, motorcycle: drawMotorcycle };
  const draw = shapes[/** @type {keyof typeof shapes} */ (vehicle)];
  const hue = between(0, 360);
  const paint = {
    body: `hsl(${hue} ${between(30, 90)}% ${between(12, 38)}%)`,
    glass: `hsl(205 40% ${between(60, 85)}%)`,
    tire: "#141414",
    metal: "#5c5c5c",
  };
  const horizon = between(170, 215);
  const size = between(0.95, 1.3);
  const flip = random() < 0.5 ? -1 : 1;
  const place = `translate(${WIDTH / 2 + between(-30, 30)} ${horizon + between(25, 50)}) rotate(${between(-4, 4)}) scale(${flip * size} ${size})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">`,
    `<linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(210 55% ${between(66, 84)}%)"/><stop offset="1" stop-color="hsl(35 45% ${between(82, 94)}%)"/></linearGradient>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sky)"/>`,
    `<rect y="${horizon}" width="${WIDTH}" height="${HEIGHT}" fill="hsl(${between(30, 110)} 14% ${between(58, 74)}%)"/>`,
    `<ellipse cx="${between(40, 360)}" cy="${between(30, 70)}" rx="${between(25, 60)}" ry="${between(8, 18)}" fill="#fff" opacity=".8"/>`,
    `<g transform="${place}">${draw(between, paint)}</g>`,
    "</svg>",
  ].join("\n");
}

/** @typedef {{ body: string, glass: string, tire: string, metal: string }} Paint */
/** @typedef {(least: number, most: number) => number} Between */

// Drawings stand on y = 0, in the middle of x, up to 300 wide; y grows downwards.

/** @param {Between} between @param {Paint} paint */
function drawCar(between, { body, glass, tire, metal }) {
  const half = between(105, 130);
  const sill = -between(20, 26);
  const belt = sill - between(28, 38);
  const roof = belt - between(26, 38);
  const front = between(0.4, 0.62) * half;
  const back = between(0.5, 0.85) * half;
  const wheel = between(19, 25);
  return [
    `<path d="M ${-half} ${sill} L ${-half + 4} ${belt + 8} Q ${-half + 8} ${belt} ${-back} ${belt} L ${-back * 0.62} ${roof} L ${front * 0.5} ${roof} L ${front} ${belt} L ${half - 10} ${belt + 6} Q ${half} ${belt + 10} ${half} ${sill} Z" fill="${body}"/>`,
    `<path d="M ${-back + 14} ${belt - 1} L ${-back * 0.6 + 3} ${roof + 6} L -4 ${roof + 6} L -4 ${belt - 1} Z M 3 ${belt - 1} L 3 ${roof + 6} L ${front * 0.5 - 2} ${roof + 6} L ${front - 9} ${belt - 1} Z" fill="${glass}"/>`,
    ...[-half * 0.6, half * 0.6].map((x) => drawWheel(x, wheel, tire, metal)),
  ].join("");
}

/** @param {Between} between @param {Paint} paint */
function drawBus(between, { body, glass, tire, metal }) {
  const half = between(125, 150);
  const sill = -between(16, 22);
  const roof = sill - between(88, 112);
  const panes = Math.round(between(5, 8));
  const pane = (2 * half - 24) / panes;
  const paneTop = roof + between(10, 16);
  const paneHeight = between(28, 40);
  const wheel = between(17, 21);
  return [
    `<rect x="${-half}" y="${roof}" width="${2 * half}" height="${sill - roof}" rx="${between(6, 16)}" fill="${body}"/>`,
    ...Array.from(
      { length: panes },
      (_, index) =>
        `<rect x="${-half + 14 + index * pane}" y="${paneTop}" width="${pane - 6}" height="${paneHeight}" rx="2" fill="${glass}"/>`,
    ),
    ...[-half * between(0.58, 0.68), half * between(0.58, 0.68)].map((x) => drawWheel(x, wheel, tire, metal)),
  ].join("");
}

/** @param {Between} between @param {Paint} paint */
function drawMotorcycle(between, { body, tire, metal }) {
  const half = between(62, 78);
  const wheel = between(32, 40);
  const seat = -wheel - between(28, 38);
  const tube = between(6, 9);
  const bar = seat - between(18, 30);
  const line = (/** @type {string} */ points, /** @type {string} */ color) =>
    `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="${tube}" stroke-linecap="round" stroke-linejoin="round"/>`;
  return [
    ...[-half, half].map(
      (x) =>
        `<circle cx="${x}" cy="${-wheel}" r="${wheel - 5}" fill="none" stroke="${tire}" stroke-width="10"/><circle cx="${x}" cy="${-wheel}" r="5" fill="${metal}"/>`,
    ),
    line(`${half},${-wheel} ${half * 0.55},${bar} ${half * 0.3},${bar - 4}`, metal),
    line(`${-half},${-wheel} 0,${-wheel + 6} ${half * 0.5},${seat + 6}`, body),
    `<path d="M ${-half * 0.35} ${-wheel - 22} L ${half * 0.4} ${-wheel - 26} L ${half * 0.25} ${-wheel + 12} L ${-half * 0.25} ${-wheel + 12} Z" fill="${metal}"/>`,
    `<path d="M ${-half * 1.05} ${seat + 4} Q ${-half * 0.5} ${seat + 14} 0 ${seat + 8} L ${-half * 0.2} ${seat + 22} L ${-half * 0.8} ${seat + 18} Z" fill="${tire}"/>`,
    `<ellipse cx="${half * 0.25}" cy="${seat + 4}" rx="${between(24, 32)}" ry="${between(13, 18)}" fill="${body}"/>`,
  ].join("");
}

/** @param {number} x @param {number} radius @param {string} tire @param {string} metal */
function drawWheel(x, radius, tire, metal) {
  return `<circle cx="${x}" cy="${-radius}" r="${radius}" fill="${tire}"/><circle cx="${x}" cy="${-radius}" r="${radius * 0.45}" fill="${metal}"/>`;
}
