/**
 * How cost grows, as a picture for docs/performance.md: a panel for each figure of `npm run bench -- growth`, both axes with
 * logarithms, so that a cost that grows as the photos do is a line of slope 1.
 */
import { figure, formatNumber, median, type MissingRow, type Row } from './rows.ts';

export interface Look {
  readonly text: string;
  readonly lines: string;
  readonly ink: string;
  readonly other: string;
}

export const looks = {
  light: { text: '#24292f', lines: '#d0d7de', ink: '#0a5fb4', other: '#8c5a00' },
  dark: { text: '#e6edf3', lines: '#3d444d', ink: '#6cb6ff', other: '#e0a63c' },
} as const satisfies Record<string, Look>;

interface Panel {
  /** of the rows' ids: `growth.start.1000` */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** a second line, from the rows' raw figures */
  readonly beside?: { readonly key: string; readonly title: string };
}

const panels: readonly Panel[] = [
  { name: 'start', title: 'Start to the first answer', unit: 's' },
  { name: 'search', title: 'A search', unit: 'ms' },
  { name: 'memory', title: "Memory of the library's process", unit: 'MB' },
  {
    ...{ name: 'scan', title: 'Scan, nothing changed', unit: 's' },
    beside: { key: 'a plain stat walk s', title: 'a plain stat walk' },
  },
  { name: 'database', title: 'Database, a photo', unit: 'kB' },
  { name: 'indexing', title: 'New photos are indexed', unit: 'photos/s' },
];

interface Point {
  readonly photos: number;
  readonly value: number;
}

const width = 980;
const panelWidth = 310;
const panelHeight = 250;
/** of the plot inside its panel */
const inside = { left: 52, top: 44, width: 230, height: 150 };

/** @returns an SVG with a transparent background */
export function growthChart(rows: readonly (Row | MissingRow)[], look: Look): string {
  const drawn = panels.flatMap((panel, i) => {
    const own = rows.filter((row): row is Row => row.id.startsWith(`growth.${panel.name}.`) && !('missing' in row));
    if (own.length === 0) return [];
    const [x, y] = [(i % 3) * (panelWidth + 20), Math.floor(i / 3) * panelHeight];
    return [`<g transform="translate(${x} ${y})">${drawPanel(panel, own, look)}</g>`];
  });
  const height = Math.ceil(panels.length / 3) * panelHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="${look.text}" role="img">`,
    '<title>How cost grows from 1,000 to 1,000,000 photos</title>',
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ title, unit, beside }: Panel, rows: readonly Row[], look: Look): string {
  const photosOf = ({ id }: Row) => Number(id.slice(id.lastIndexOf('.') + 1));
  const points = rows
    .map((row): Point => ({ photos: photosOf(row), value: figure(row) }))
    .toSorted((a, b) => a.photos - b.photos);
  const others = beside
    ? rows
        .map((row): Point => ({ photos: photosOf(row), value: median(row.raw?.[beside.key] ?? []) }))
        .filter(({ value }) => value > 0)
        .toSorted((a, b) => a.photos - b.photos)
    : [];
  const values = [...points, ...others].map(({ value }) => value);
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const x = (photos: number) => inside.left + (inside.width * (Math.log10(photos) - 3)) / 3;
  const y = (value: number) => inside.top + (inside.height * (high - Math.log10(value))) / (high - low);
  const round = (one: number) => one.toFixed(1);
  const text = (at: [number, number], content: string, more = '') =>
    `<text x="${round(at[0])}" y="${round(at[1])}"${more}>${escaped(content)}</text>`;
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${look.lines}"/>`;
  const right = inside.left + inside.width;
  const bottom = inside.top + inside.height;
  const parts = [text([14, 20], `${title}, ${unit}`, ' font-size="14" font-weight="600"')];
  for (let power = low; power <= high; power++) {
    parts.push(line(inside.left, y(10 ** power), right, y(10 ** power)));
    parts.push(text([inside.left - 8, y(10 ** power) + 4], tick(10 ** power), ' text-anchor="end"'));
  }
  for (const [photos, label] of [
    [1000, '1,000'],
    [10_000, '10,000'],
    [100_000, '100,000'],
    [1_000_000, '1 million'],
  ] as const) {
    parts.push(line(x(photos), inside.top, x(photos), bottom));
    parts.push(text([x(photos), bottom + 18], label, ' text-anchor="middle"'));
  }
  const draw = (some: readonly Point[], colour: string, dashes = '') => {
    const way = some.map(({ photos, value }, i) => `${i === 0 ? 'M' : 'L'}${round(x(photos))} ${round(y(value))}`);
    parts.push(`<path d="${way.join('')}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`);
    for (const { photos, value } of some) {
      parts.push(`<circle cx="${round(x(photos))}" cy="${round(y(value))}" r="3.5" fill="${colour}"/>`);
    }
  };
  if (beside && others.length > 0) {
    draw(others, look.other, ' stroke-dasharray="5 4"');
    parts.push(text([inside.left + 10, inside.top + 16], `dashed: ${beside.title}`, ` fill="${look.other}"`));
  }
  draw(points, look.ink);
  points.forEach(({ photos, value }, i) => {
    const label = formatNumber(value);
    const [first, next] = [i === 0, points[i + 1]];
    // Left of the point, where a rising line leaves room; the first one's stands on the line to the next, which may rise.
    const rise =
      first && next ? (Math.max(0, y(value) - y(next.value)) * 6 * label.length) / (x(next.photos) - x(photos)) : 0;
    const at: [number, number] = [x(photos) + (first ? 4 : 5), Math.max(inside.top + 12, y(value) - 9 - rise)];
    parts.push(text(at, label, ` text-anchor="${first ? 'start' : 'end'}" font-weight="600" fill="${look.ink}"`));
  });
  parts.push(text([inside.left + inside.width / 2, bottom + 38], 'photos', ' text-anchor="middle"'));
  return parts.join('\n');
}

function tick(value: number): string {
  return value >= 1 ? value.toLocaleString('en-US') : String(Number(value.toPrecision(1)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
