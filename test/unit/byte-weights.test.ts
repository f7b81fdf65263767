import { describe, expect, it } from 'vitest';
import { fromByteRows, toByteRows } from '../../models/files/byte-rows.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from '../../models/files/safetensors.ts';
import { seededRandom } from '../../models/math/random.ts';

const random = seededRandom(7);
const noise = (length: number, size: number) => Float32Array.from({ length }, () => (2 * random.uniform() - 1) * size);

describe('a matrix in 8 bits', () => {
  it('comes back off by at most half a step of its row, however different the rows', () => {
    const sizes = [1e-30, 1e-6, 0.02, 1, 5e4, 1e30];
    const columns = 300;
    const values = new Float32Array(sizes.length * columns);
    sizes.forEach((size, row) => values.set(noise(columns, size), row * columns));
    const rows = toByteRows(values, sizes.length);
    const back = fromByteRows(rows);
    expect(back).toHaveLength(values.length);
    sizes.forEach((_, row) => {
      const own = values.subarray(row * columns, (row + 1) * columns);
      const extreme = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(rows.scales[row]! / (extreme / 127)).toBeCloseTo(1, 6);
      const worst = own.reduce((most, value, i) => Math.max(most, Math.abs(value - back[row * columns + i]!)), 0);
      expect(worst).toBeLessThanOrEqual((extreme / 254) * (1 + 1e-5));
      expect(worst).toBeGreaterThan(0);
    });
  });

  it('uses −127 … 127 and rounds to the nearest', () => {
    const { integers, scales } = toByteRows(Float32Array.of(-254, 254, 2.9, 3.1, -2.9, -3.1), 1);
    expect([...scales]).toEqual([2]);
    expect([...integers]).toEqual([-127, 127, 1, 2, -1, -2]);
  });

  it('keeps rows of zeros and of the smallest numbers without NaN', () => {
    const values = Float32Array.of(0, -0, 0, 1e-45, -1e-45, 0, 4e-43, -4e-43, 2e-43, 1, 0, -1);
    const rows = toByteRows(values, 4);
    const back = fromByteRows(rows);
    expect([...rows.scales.subarray(0, 2)]).toEqual([0, 0]);
    expect(rows.integers.subarray(0, 6)).toEqual(new Int8Array(6)); // nothing that a scale of 0 would have to hide
    expect(back.every(Number.isFinite)).toBe(true);
    expect([...back.subarray(0, 3)].map(Math.abs)).toEqual([0, 0, 0]);
    back.forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThan(1e-42));
    expect([...back.subarray(9)]).toEqual([1, 0, -1]);
  });

  it('keeps the largest numbers finite', () => {
    const most = 2 ** 127 * (2 - 2 ** -23);
    const back = fromByteRows(toByteRows(Float32Array.of(0, -most, most), 1));
    expect([...back].map((value) => value / most)).toEqual([0, expect.closeTo(-1, 5), expect.closeTo(1, 5)]);
  });

  it('without rows or columns is empty', () => {
    expect(fromByteRows(toByteRows(new Float32Array(), 0))).toEqual(new Float32Array());
    expect(toByteRows(new Float32Array(), 3).scales).toEqual(new Float32Array(3));
    expect(fromByteRows(toByteRows(new Float32Array(), 3))).toEqual(new Float32Array());
  });

  it.each([NaN, Infinity, -Infinity])('refuses %s', (bad) => {
    expect(() => toByteRows(Float32Array.of(1, 2, bad, 3), 2)).toThrow(RangeError);
  });

  it('does not change when it is kept once more', () => {
    const once = toByteRows(noise(2_000, 3), 20);
    const twice = toByteRows(fromByteRows(once), 20);
    expect(twice.integers).toEqual(once.integers);
    twice.scales.forEach((scale, row) => expect(scale / once.scales[row]!).toBeCloseTo(1, 6));
  });
});

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** What any reader of the format sees: `header` and the bytes after it. */
function parsed(bytes: Uint8Array) {
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerLength)).toString()) as Record<string, Entry>;
  const { __metadata__: metadata, ...entries } = header;
  return { headerLength, metadata, entries, body: Uint8Array.from(bytes.subarray(8 + headerLength)) };
}

const bytesOf: Record<string, number> = { F32: 4, F16: 2, I8: 1 };

describe('safetensors with matrices in 8 bits', () => {
  const file: SafetensorsFile = {
    metadata: { name: 'grüße' },
    tensors: new Map([
      ['first', { shape: [3, 5], data: noise(15, 1) }],
      ['bias', { shape: [5], data: noise(5, 1) }],
      ['half', { shape: [3, 1], data: Float32Array.of(0.5, 1, 2) }],
      ['none', { shape: [0, 4], data: new Float32Array() }],
      ['last', { shape: [7, 3], data: noise(21, 100) }],
      ['scalar', { shape: [], data: Float32Array.of(7) }],
    ]),
  };
  const mixed = () =>
    encodeSafetensors(file, ({ shape }) => (shape[1] === 1 ? 'F16' : shape.length === 2 ? 'I8' : 'F32'));

  it('are laid out as every reader of the format demands', () => {
    const { headerLength, metadata, entries, body } = parsed(mixed());
    expect(headerLength % 8).toBe(0);
    expect(metadata).toEqual(file.metadata);
    const dtypes = Object.fromEntries(Object.entries(entries).map(([name, { dtype }]) => [name, dtype]));
    expect(dtypes).toEqual({
      first: 'I8',
      'first.scale': 'F32',
      bias: 'F32',
      half: 'F16',
      none: 'I8',
      'none.scale': 'F32',
      last: 'I8',
      'last.scale': 'F32',
      scalar: 'F32',
    });
    expect(entries['first.scale']!.shape).toEqual([3]);
    let end = 0;
    for (const { dtype, shape, data_offsets } of Object.values(entries).sort(
      (a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
    )) {
      expect(data_offsets[0]).toBe(end); // neither holes nor shared bytes
      expect(data_offsets[0] % bytesOf[dtype]!).toBe(0);
      end = data_offsets[1];
      expect(end - data_offsets[0]).toBe(shape.reduce((product, n) => product * n, bytesOf[dtype]!));
    }
    expect(end).toBe(body.length);
    const [from, to] = entries['first']!.data_offsets;
    const scales = new Float32Array(body.buffer, entries['first.scale']!.data_offsets[0], 3);
    const byHand = [...new Int8Array(body.buffer, from, to - from)].map((n, i) => n * scales[Math.floor(i / 5)]!);
    expect(decodeSafetensors(mixed()).tensors.get('first')!.data).toEqual(Float32Array.from(byHand));
  });

  it('come back as plain tensors from a Buffer at any offset, their scales hidden', () => {
    const bytes = mixed();
    for (const offset of [0, 1, 2, 3, 5, 8]) {
      const buffer = Buffer.from(new ArrayBuffer(bytes.length + offset + 3), offset, bytes.length);
      buffer.set(bytes);
      const { metadata, tensors } = decodeSafetensors(buffer);
      buffer.fill(0);
      expect(metadata).toEqual(file.metadata);
      expect([...tensors.keys()]).toEqual([...file.tensors.keys()]);
      for (const [name, { shape, data }] of tensors) {
        const wanted = file.tensors.get(name)!;
        expect(shape).toEqual(wanted.shape);
        expect(data).toBeInstanceOf(Float32Array);
        const step = Math.max(0, ...wanted.data.map(Math.abs)) / 127;
        data.forEach((value, i) => expect(Math.abs(value - wanted.data[i]!)).toBeLessThanOrEqual(step * 0.51));
      }
      expect(tensors.get('bias')!.data).toEqual(file.tensors.get('bias')!.data);
    }
  });

  it('keep in full what is no matrix, when everything is wanted small', () => {
    const { entries } = parsed(encodeSafetensors(file, 'I8'));
    expect(entries['bias']!.dtype).toBe('F32');
    expect(entries['scalar']!.dtype).toBe('F32');
    expect(entries['first']!.dtype).toBe('I8');
  });

  it('refuse to write what could not be read again', () => {
    const matrix = { shape: [1, 2], data: Float32Array.of(1, 2) };
    const bad = { shape: [1, 2], data: Float32Array.of(1, NaN) };
    expect(() => encodeSafetensors({ metadata: {}, tensors: new Map([['a', bad]]) }, 'I8')).toThrow(RangeError);
    const clash = new Map([
      ['a.scale', { shape: [1], data: Float32Array.of(1) }],
      ['a', matrix],
    ]);
    expect(() => encodeSafetensors({ metadata: {}, tensors: clash }, 'I8')).toThrow(/a\.scale/);
    expect(decodeSafetensors(encodeSafetensors({ metadata: {}, tensors: clash }, 'F32')).tensors.size).toBe(2);
  });

  /** a file with one matrix [2, 4] and its scales, either of them as given */
  const hostile = (matrix: object, scale: object | undefined, scales = [1, 1]) => {
    const header = Buffer.from(JSON.stringify({ a: matrix, ...(scale ? { 'a.scale': scale } : {}) }));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([start, header, Buffer.from(Float32Array.from(scales).buffer), Buffer.alloc(24, 1)]);
  };
  const matrix = { dtype: 'I8', shape: [2, 4], data_offsets: [8, 16] };
  const scale = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

  it('read what another program wrote', () => {
    const { tensors } = decodeSafetensors(hostile(matrix, scale, [3, -0.5]));
    expect([...tensors.keys()]).toEqual(['a']);
    expect([...tensors.get('a')!.data]).toEqual([3, 3, 3, 3, -0.5, -0.5, -0.5, -0.5]);
  });

  it.each<[string, RegExp, Buffer]>([
    ['no scale', /a\.scale is missing/, hostile(matrix, undefined)],
    [
      'too few scales',
      /a\.scale does not hold one scale/,
      hostile(matrix, { ...scale, shape: [1], data_offsets: [0, 4] }),
    ],
    [
      'too many scales',
      /a\.scale does not hold one scale/,
      hostile(matrix, { ...scale, shape: [4], data_offsets: [16, 32] }),
    ],
    ['a matrix of scales', /a\.scale does not hold one scale/, hostile(matrix, { ...scale, shape: [2, 1] })],
    ['scales in half precision', /one scale/, hostile(matrix, { ...scale, dtype: 'F16', data_offsets: [0, 4] })],
    ['scales in 8 bits', /a\.scale/, hostile(matrix, { ...scale, dtype: 'I8', data_offsets: [0, 2] })],
    ['scales beyond the end', /a\.scale does not match/, hostile(matrix, { ...scale, data_offsets: [32, 40] })],
    ['a scale that is no number', /a\.scale holds/, hostile(matrix, scale, [1, NaN])],
    ['an infinite scale', /a\.scale holds/, hostile(matrix, scale, [-Infinity, 1])],
    ['a vector of integers', /a holds integers/, hostile({ ...matrix, shape: [8] }, scale)],
    ['a block of integers', /a holds integers/, hostile({ ...matrix, shape: [2, 2, 2] }, scale)],
    ['a matrix that does not fit', /a does not match/, hostile({ ...matrix, shape: [2, 5] }, scale)],
    ['a matrix whose extent overflows', /a does not match/, hostile({ ...matrix, shape: [2 ** 40, 2 ** 40] }, scale)],
    ['rows without end', /a\.scale/, hostile({ ...matrix, shape: [2 ** 52, 0], data_offsets: [8, 8] }, scale)],
  ])('are refused with %s', (_, reason, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(RangeError);
    expect(() => decodeSafetensors(bytes)).toThrow(reason);
  });
});
