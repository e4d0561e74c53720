// The stream of random numbers is the same for a seed today, tomorrow and after a restart, and uniform.

import { describe, expect, it } from "vitest";

import { Generator } from "./generator.ts";

function uniforms(generator: Generator, count: number): number[] {
  return Array.from({ length: count }, () => generator.uniform());
}

describe("a generator", () => {
  it("gives the same stream for the same seed and different streams for different seeds, also beyond 32 bits", () => {
    expect(uniforms(Generator.ofSeed(7), 100)).toEqual(uniforms(Generator.ofSeed(7), 100));
    const seeds = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 33, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => Generator.ofSeed(seed).uniform())).size).toBe(seeds.length);
  });

  it("gives the same numbers in every version", () => {
    const generator = Generator.ofSeed(0);
    // The first 16 bytes of sha256("0").
    expect(generator.state).toEqual([1_726_737_503, 946_850_047, 1_819_824_857, 2_037_148_013]);
    expect(uniforms(generator, 3)).toEqual([0.46503609872238694, 0.26755022546060114, 0.8214361960148046]);
    expect([...generator.permutation(10)]).toEqual([1, 2, 9, 8, 4, 0, 3, 5, 7, 6]);
    expect(Generator.ofSeed(Number.MAX_SAFE_INTEGER).uniform()).toBe(0.8319141778046021);
  });

  it.each([0, 1, 99])("continues from a state taken after %i draws", (draws) => {
    const generator = Generator.ofSeed(3);
    uniforms(generator, draws);
    generator.permutation(draws);
    const { state } = generator;
    const expected = [uniforms(generator, 5), [...generator.permutation(20)], generator.uniform()];
    const made = new Generator(state);
    const restored = Generator.ofSeed(4);
    restored.restore(state);
    for (const each of [made, restored]) {
      expect([uniforms(each, 5), [...each.permutation(20)], each.uniform()]).toEqual(expected);
      expect(each.state).toEqual(generator.state);
    }
  });

  it("does not advance when its state is read, and a state that was read does not change later", () => {
    const generator = Generator.ofSeed(3);
    const { state } = generator;
    const copy = [...state];
    expect(generator.state).toEqual(copy);
    generator.uniform();
    expect(state).toEqual(copy);
    expect(generator.state).not.toEqual(copy);
  });

  it("is uniform from 0 to 1, with more than 32 bits", () => {
    const numbers = uniforms(Generator.ofSeed(1), 100_000);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const number of numbers) tenths[Math.floor(10 * number)] = (tenths[Math.floor(10 * number)] ?? 0) + 1;
    // The standard deviation is 95.
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(numbers.some((number) => (number * 2 ** 32) % 1 !== 0)).toBe(true);
  });
});

describe("a permutation", () => {
  it.each([0, 1, 2, 3, 50, 1000])("of %i numbers has every number once", (count) => {
    const order = Generator.ofSeed(5).permutation(count);
    expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it("puts every number into every position equally often", () => {
    const [count, draws] = [6, 12_000];
    const generator = Generator.ofSeed(9);
    const times = Array.from({ length: count * count }, () => 0);
    const orders = new Map<string, number>();
    for (let draw = 0; draw < draws; draw++) {
      const order = generator.permutation(count);
      for (const [place, number] of order.entries()) {
        times[place * count + number] = (times[place * count + number] ?? 0) + 1;
      }
      orders.set(order.join(""), (orders.get(order.join("")) ?? 0) + 1);
    }
    // The standard deviation is 41, and 4 for the count of one order.
    for (const each of times) expect(Math.abs(each - draws / count)).toBeLessThan(165);
    expect(orders.size).toBe(720);
    expect(Math.max(...orders.values())).toBeLessThan(48);
  });
});
