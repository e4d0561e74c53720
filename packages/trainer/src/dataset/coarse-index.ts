// Finds the few thumbnails that may be near another one, among millions, without comparing it with all of them.
//
// In: standardized thumbnails of 16 x 16 cells, one after another. Out: places of those that may be as near as asked for: all that are,
// and seldom others. Keeps about 35 bytes of each.

/** Cells per side of a thumbnail. */
const CELLS = 16;

/** Half periods of the waves that are kept, at most across and down, and the largest sum of their squares. */
const HALVES = 4;
const MOST_SQUARES = 18;

/** A wave: its half periods across and down. */
interface Wave {
  readonly across: number;
  readonly down: number;
}

/**
 * What is kept of a thumbnail: its widest waves (DCT-II), without its mean. They have most of the difference of two pictures, and tell apart
 * shapes that have moved by less than a cell.
 */
const WAVES: readonly Wave[] = Array.from({ length: (HALVES + 1) ** 2 }, (_, index) => ({
  across: index % (HALVES + 1),
  down: Math.floor(index / (HALVES + 1)),
}))
  .filter((wave) => squaresOf(wave) > 0 && squaresOf(wave) <= MOST_SQUARES)
  .toSorted((one, other) => squaresOf(one) - squaresOf(other));

function squaresOf({ across, down }: Wave): number {
  return across ** 2 + down ** 2;
}

/** `[HALVES + 1, CELLS]` cosines, each row of length 1. */
const COSINES = Float64Array.from({ length: (HALVES + 1) * CELLS }, (_, index) => {
  const [halves, cell] = [Math.floor(index / CELLS), index % CELLS];
  return Math.sqrt((halves === 0 ? 1 : 2) / CELLS) * Math.cos((Math.PI * halves * (2 * cell + 1)) / (2 * CELLS));
});

/** `[HALVES + 1, CELLS]` the waves across of each row of cells, for {@link coarseOf}: an array for each call would take longer than it. */
const WAVES_ACROSS = new Float64Array(COSINES.length);

/** The dimensions of the space that the tree divides. */
const DIMENSIONS = WAVES.length;

/** How much of a wave is told apart: as much as in few pictures. More counts as so much, which makes differences smaller, never larger. */
const FURTHEST = 0.5 * CELLS;

/** Width of the steps in which waves are kept. */
const STEP = (2 * FURTHEST) / 255;

/** How much of each wave a thumbnail has, in steps from {@link FURTHEST} below 0 on. */
export type Coarse = Uint8Array;

/**
 * What is kept of a thumbnail.
 *
 * @param cells `[16, 16]`
 * @param mean of the cells
 * @param deviation their standard deviation, above 0
 */
export function coarseOf(cells: Uint8Array, mean: number, deviation: number): Coarse {
  const rows = WAVES_ACROSS;
  for (let across = 0; across <= HALVES; across++) {
    const begin = across * CELLS;
    for (let row = 0; row < CELLS; row++) {
      let sum = 0;
      for (let cell = 0; cell < CELLS; cell++) {
        sum += (COSINES[begin + cell] ?? 0) * ((cells[row * CELLS + cell] ?? 0) - mean);
      }
      rows[begin + row] = sum;
    }
  }
  const coarse = new Uint8Array(DIMENSIONS);
  for (const [dimension, { across, down }] of WAVES.entries()) {
    let sum = 0;
    for (let row = 0; row < CELLS; row++) sum += (COSINES[down * CELLS + row] ?? 0) * (rows[across * CELLS + row] ?? 0);
    coarse[dimension] = Math.max(0, Math.min(255, Math.round((sum / deviation + FURTHEST) / STEP)));
  }
  return coarse;
}

/** What is kept of a thumbnail with left and right exchanged: waves of an odd number of half periods across change their sign. */
export function mirroredCoarse(coarse: Coarse): Coarse {
  return coarse.map((steps, dimension) => ((WAVES[dimension]?.across ?? 0) % 2 === 0 ? steps : 255 - steps));
}

/** Bytes per thumbnail in a leaf: its waves, and its place as a little-endian 32-bit word. */
const BYTES = DIMENSIONS + 4;

/** Bytes of the thumbnails that a leaf has room for before it is divided. */
const LEAF_BYTES = 64 * BYTES;

/** Leaves that share an array. */
const LEAVES = 256;

/** A part of space with a few thumbnails, side by side in memory. */
interface Leaf {
  bytes: Uint8Array;
  /** Bytes of its thumbnails; there may be room for more. */
  used: number;
}

/** A part of space that is divided by one of the waves: those of up to `split` are below. */
interface Branch {
  readonly dimension: number;
  readonly split: number;
  below: Leaf | Branch;
  above: Leaf | Branch;
}

/** A k-d tree (Bentley 1975, https://doi.org/10.1145/361002.361007) of thumbnails, whose leaves are divided as they fill. */
export class CoarseIndex {
  readonly #rooms = new Rooms();
  #root: Leaf | Branch = { bytes: this.#rooms.take(0), used: 0 };

  /**
   * Adds a thumbnail.
   *
   * @param place 0 to 2^32 - 1
   */
  add(place: number, coarse: Coarse): void {
    let parent: Branch | undefined;
    let node = this.#root;
    for (;;) {
      if ("split" in node) {
        parent = node;
        node = isBelow(coarse[node.dimension], node) ? node.below : node.above;
      } else if (node.used < node.bytes.length) break;
      else {
        const roomier: Leaf | Branch = this.#divided(node) ?? this.#grown(node);
        if (parent === undefined) this.#root = roomier;
        else if (parent.below === node) parent.below = roomier;
        else parent.above = roomier;
        node = roomier;
      }
    }
    const { bytes, used } = node;
    bytes.set(coarse, used);
    for (let byte = 0; byte < 4; byte++) bytes[used + DIMENSIONS + byte] = place >>> (8 * byte);
    node.used += BYTES;
  }

  /**
   * Places of all thumbnails up to `distance` away, and of some that are further.
   *
   * @param distance root mean square of the differences of cells, in standard deviations
   */
  within(coarse: Coarse, distance: number): readonly number[] {
    const found: number[] = [];
    // Waves are orthonormal: the squares of the differences of some sum up to no more than those of all cells do. In steps, two values
    // differ by up to one more: a step of each difference is not counted.
    const most = ((CELLS * distance) / STEP) ** 2;
    search(this.#root, { coarse, most, gaps: new Uint8Array(DIMENSIONS), found }, 0);
    return found;
  }

  /** A full leaf divided in the middle of the dimension in which its thumbnails differ most; undefined if they are all alike. */
  #divided({ bytes, used }: Leaf): Branch | undefined {
    let [dimension, widest, split] = [0, 0, 0];
    for (let each = 0; each < DIMENSIONS; each++) {
      let [low, high] = [255, 0];
      for (let at = each; at < used; at += BYTES) {
        const value = bytes[at] ?? 0;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (high - low > widest) [dimension, widest, split] = [each, high - low, Math.floor((low + high) / 2)];
    }
    if (widest === 0) return undefined;
    const halves = [true, false].map((below): Leaf => {
      const own: number[] = [];
      for (let at = 0; at < used; at += BYTES) if (isBelow(bytes[at + dimension], { split }) === below) own.push(at);
      const leaf = { bytes: this.#rooms.take(own.length * BYTES), used: own.length * BYTES };
      for (const [index, at] of own.entries()) leaf.bytes.set(bytes.subarray(at, at + BYTES), index * BYTES);
      return leaf;
    });
    this.#rooms.free(bytes);
    const [below, above] = halves;
    return below && above && { dimension, split, below, above };
  }

  /** A full leaf with more room. */
  #grown({ bytes, used }: Leaf): Leaf {
    const roomier = this.#rooms.take(2 * used);
    roomier.set(bytes);
    this.#rooms.free(bytes);
    return { bytes: roomier, used };
  }
}

/** Rooms for leaves. Nearly all have the same size, and share large arrays: each of its own would take twice the memory. */
class Rooms {
  readonly #free: Uint8Array[] = [];

  /** Room for at least so many bytes. */
  take(bytes: number): Uint8Array {
    if (bytes > LEAF_BYTES) return new Uint8Array(bytes);
    if (this.#free.length === 0) {
      const shared = new Uint8Array(LEAVES * LEAF_BYTES);
      for (let end = shared.length; end > 0; end -= LEAF_BYTES) this.#free.push(shared.subarray(end - LEAF_BYTES, end));
    }
    return this.#free.pop() ?? new Uint8Array(LEAF_BYTES);
  }

  /** Takes a room back. */
  free(room: Uint8Array): void {
    if (room.length === LEAF_BYTES) this.#free.push(room);
  }
}

/** Whether a value is in the lower part of what a branch divides. */
function isBelow(value = 0, { split }: Pick<Branch, "split">): boolean {
  return value <= split;
}

/** What is looked for, and what was found. */
interface Search {
  readonly coarse: Coarse;
  /** Largest sum of the squares of differences, in steps. */
  readonly most: number;
  /** How far the part of space that is being searched is away, in each dimension, in steps. */
  readonly gaps: Uint8Array;
  readonly found: number[];
}

/** @param squares sum of the squares of the gaps */
function search(node: Leaf | Branch, wanted: Search, squares: number): void {
  if (!("split" in node)) {
    searchLeaf(node, wanted);
    return;
  }
  const { dimension, split, below, above } = node;
  const { coarse, most, gaps } = wanted;
  const value = coarse[dimension] ?? 0;
  const [here, there] = value <= split ? [below, above] : [above, below];
  search(here, wanted, squares);
  const gap = gaps[dimension] ?? 0;
  // Less the step that is not counted.
  const beyond = Math.max(0, value <= split ? split - value : value - split - 1);
  const further = squares - gap * gap + beyond * beyond;
  if (further > most) return;
  gaps[dimension] = beyond;
  search(there, wanted, further);
  gaps[dimension] = gap;
}

function searchLeaf({ bytes, used }: Leaf, { coarse, most, found }: Search): void {
  for (let at = 0; at < used; at += BYTES) {
    let squares = 0;
    for (let dimension = 0; dimension < DIMENSIONS && squares <= most; dimension++) {
      const difference = Math.abs((bytes[at + dimension] ?? 0) - (coarse[dimension] ?? 0)) - 1;
      if (difference > 0) squares += difference * difference;
    }
    if (squares > most) continue;
    let place = 0;
    for (let byte = BYTES - 1; byte >= DIMENSIONS; byte--) place = place * 256 + (bytes[at + byte] ?? 0);
    found.push(place);
  }
}
