import { expect, test } from 'vitest';
import { removeComponent, SecondMoment, wordProbability } from '../../models/text/sif.ts';

test('words of the captions have their share of all caption words', () => {
  const p = wordProbability(new Map([[0, 30], [5, 10]])); // prettier-ignore
  expect(p(0)).toBe(0.75);
  expect(p(5)).toBe(0.25);
});

test('estimates for other words fall with the rank and have the scale of the shares', () => {
  const seen = new Map([[0, 300], [1, 200], [2, 150], [3, 350]]); // prettier-ignore
  const p = wordProbability(seen);
  expect(p(4)).toBeGreaterThan(p(5));
  expect(p(5)).toBeGreaterThan(p(100_000));
  // Zipf's estimates of the words that were seen, one after the other left out, have the mass of their shares.
  const ratio = (rank: number) => 1 / (rank + 3.7) / p(rank);
  const mass = [0, 1, 2, 3].reduce((sum, rank) => sum + 1 / (rank + 3.7), 0);
  expect(ratio(4)).toBeCloseTo(mass, 10);
  expect(ratio(300_000)).toBeCloseTo(mass, 10);
});

test('without captions probabilities are still between 0 and 1', () => {
  const p = wordProbability(new Map());
  for (const rank of [0, 1, 300_000]) {
    expect(p(rank)).toBeGreaterThan(0);
    expect(p(rank)).toBeLessThanOrEqual(1);
  }
});

test('the principal component is the direction in which vectors lie, with a positive peak and norm 1', () => {
  const moment = new SecondMoment(3);
  for (const length of [-3, 1, 2, -5]) moment.add(Float32Array.of(-0.6 * length, 0.8 * length, 0));
  moment.add(Float32Array.of(0, 0, 0.5));
  const component = moment.principalComponent();
  expect(component[0]).toBeCloseTo(-0.6, 6);
  expect(component[1]).toBeCloseTo(0.8, 6);
  expect(component[2]).toBeCloseTo(0, 6);
});

test('the principal component satisfies the eigenvalue equation for correlated vectors', () => {
  const rows = Array.from({ length: 40 }, (_, r) =>
    Float32Array.from({ length: 6 }, (_, i) => Math.sin(r * (i + 1)) + 0.3 * i),
  );
  const moment = new SecondMoment(6);
  rows.forEach((row) => moment.add(row));
  const u = moment.principalComponent();
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const mapped = Float32Array.from(u, (_, i) => rows.reduce((sum, row) => sum + dot(row, u) * row[i]!, 0));
  const eigenvalue = dot(mapped, u);
  mapped.forEach((x, i) => expect(x / eigenvalue).toBeCloseTo(u[i]!, 5));
  // and no other direction holds more
  for (let i = 0; i < 6; i++) expect(rows.reduce((sum, row) => sum + row[i]! ** 2, 0)).toBeLessThanOrEqual(eigenvalue);
});

test('without vectors there is no component, and nothing to remove', () => {
  const component = new SecondMoment(2).principalComponent();
  const out = Float32Array.of(9, 3, 4, 9);
  removeComponent(out, 1, component);
  expect([...out]).toEqual([9, 3, 4, 9]);
});

test('what remains after removal is orthogonal to the component', () => {
  const out = Float32Array.of(9, 3, 4, 9);
  removeComponent(out, 1, Float32Array.of(0.6, 0.8));
  expect(out[1]! * 0.6 + out[2]! * 0.8).toBeCloseTo(0, 6);
  expect([out[0], out[3]]).toEqual([9, 9]);
});
