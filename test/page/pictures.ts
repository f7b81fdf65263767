/**
 * Neutral pictures for previews and screenshots of the window: landscapes drawn from a number, as SVG. No photo of
 * anyone, and the same number always gives the same picture.
 */
export const scenes = [
  'mountains',
  'sea',
  'forest',
  'city',
  'desert',
  'lake',
  'balloons',
  'meadow',
  'snow',
  'beach',
] as const;
export type Scene = (typeof scenes)[number];

const shapes: readonly (readonly [number, number])[] = [
  [600, 400],
  [600, 450],
  [400, 600],
  [600, 400],
  [500, 500],
  [640, 360],
  [450, 600],
  [600, 400],
];

/** A sequence of numbers in [0, 1) that the seed fixes (mulberry32). */
export function sequence(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const traits = (id: number) => {
  const next = sequence(id * 7919 + 13);
  return { scene: scenes[Math.floor(next() * scenes.length)]!, shape: shapes[Math.floor(next() * shapes.length)]! };
};

export const sceneOf = (id: number): Scene => traits(id).scene;
export const sizeOf = (id: number): { width: number; height: number } => {
  const [width, height] = traits(id).shape;
  return { width, height };
};

interface Light {
  readonly top: string;
  readonly low: string;
  readonly sun: string;
  readonly far: string;
  readonly middle: string;
  readonly near: string;
}

const lights: readonly Light[] = [
  { top: '#5b9bd5', low: '#d9ecf7', sun: '#fff6d8', far: '#9db8cf', middle: '#5f8a8b', near: '#2f5d50' },
  { top: '#3b4f8a', low: '#f5b27a', sun: '#ffe3b0', far: '#8d6d92', middle: '#5b4a78', near: '#2c2a4a' },
  { top: '#f2a65a', low: '#f9e2c0', sun: '#fffbe8', far: '#c98f6b', middle: '#8f5f4c', near: '#4d3530' },
  { top: '#8fb8c9', low: '#eef3ef', sun: '#ffffff', far: '#b5c6c4', middle: '#7d9a8c', near: '#40604f' },
  { top: '#1d2a4d', low: '#54679c', sun: '#f3eecb', far: '#3c4d7d', middle: '#28375f', near: '#141d38' },
  { top: '#6fc3c1', low: '#f7e9c6', sun: '#fff9dc', far: '#8fb7a5', middle: '#4f8f7f', near: '#28594f' },
];

export function picture(id: number): string {
  const next = sequence(id * 104_729 + 7);
  const { width: w, height: h } = sizeOf(id);
  const light = lights[Math.floor(next() * lights.length)]!;
  const draw = painters[sceneOf(id)];
  const dark = light.top === '#1d2a4d';
  const sky = dark ? stars(w, h, next) : next() < 0.6 ? clouds(w, h, next) : '';
  const sunX = (0.15 + next() * 0.7) * w;
  const sunY = (0.14 + next() * 0.2) * h;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">
<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="${light.top}"/><stop offset=".75" stop-color="${light.low}"/></linearGradient>
<radialGradient id="glow"><stop stop-color="${light.sun}" stop-opacity=".5"/><stop offset="1" stop-color="${light.sun}" stop-opacity="0"/></radialGradient></defs>
<rect width="${w}" height="${h}" fill="url(#sky)"/>
<circle cx="${r(sunX)}" cy="${r(sunY)}" r="${r(h * 0.3)}" fill="url(#glow)"/><circle cx="${r(sunX)}" cy="${r(sunY)}" r="${r(h * 0.045)}" fill="${light.sun}"/>
${sky}
${draw({ w, h, light, next })}</svg>`;
}

interface Canvas {
  readonly w: number;
  readonly h: number;
  readonly light: Light;
  readonly next: () => number;
}

const r = (n: number) => Math.round(n * 10) / 10;

const stars = (w: number, h: number, next: () => number) =>
  Array.from(
    { length: 40 },
    () =>
      `<circle cx="${r(next() * w)}" cy="${r(next() * h * 0.6)}" r="${r(0.6 + next())}" fill="#fff" opacity="${r(0.3 + next() * 0.6)}"/>`,
  ).join('');

const clouds = (w: number, h: number, next: () => number) =>
  Array.from({ length: 2 + Math.floor(next() * 3) }, () => {
    const x = next() * w;
    const y = (0.1 + next() * 0.28) * h;
    const size = h * (0.03 + next() * 0.045);
    const puffs = [-1.7, -0.7, 0.4, 1.4].map(
      (dx, i) =>
        `<circle cx="${r(x + dx * size)}" cy="${r(y - (i % 3 ? size * 0.5 : 0))}" r="${r(size * (i % 3 ? 1.05 : 0.7))}"/>`,
    );
    return `<g fill="#fff" opacity=".62">${puffs.join('')}<rect x="${r(x - size * 2.3)}" y="${r(y - size * 0.1)}" width="${r(size * 4.3)}" height="${r(size * 0.8)}" rx="${r(size * 0.4)}"/></g>`;
  }).join('');

/** A ridge from left to right: jagged for mountains, smooth for hills. */
function ridge({ w, h, next }: Canvas, base: number, height: number, fill: string, jagged: boolean): string {
  const steps = jagged ? 9 : 5;
  let path = `M0 ${h} L0 ${r(base * h)}`;
  for (let i = 1; i <= steps; i++) {
    const x = (i / steps) * w;
    const y = base * h - (jagged && i % 2 ? 0.5 + next() * 0.5 : next() * 0.35) * height * h;
    const back = ((i - 0.5) / steps) * w;
    path += jagged ? ` L${r(x)} ${r(y)}` : ` Q${r(back)} ${r(y - next() * height * h * 0.5)} ${r(x)} ${r(y)}`;
  }
  return `<path d="${path} L${w} ${h} Z" fill="${fill}"/>`;
}

const pine = (x: number, y: number, size: number, fill: string) =>
  [0, 1, 2]
    .map((i) => {
      const top = y - size + i * size * 0.24;
      const half = size * (0.16 + i * 0.08);
      return `<path d="M${r(x)} ${r(top)} L${r(x + half)} ${r(top + size * 0.42)} H${r(x - half)} Z" fill="${fill}"/>`;
    })
    .join('');

const water = ({ w, h, light, next }: Canvas, top: number) => {
  const waves = Array.from({ length: 14 }, () => {
    const y = (top + next() * (1 - top)) * h;
    const x = next() * w;
    return `<path d="M${r(x)} ${r(y)} h${r(20 + next() * 70)}" stroke="${light.sun}" stroke-opacity=".35" stroke-width="2"/>`;
  });
  return `<rect y="${r(top * h)}" width="${w}" height="${r((1 - top) * h)}" fill="${light.middle}"/>${waves.join('')}`;
};

const painters: Record<Scene, (canvas: Canvas) => string> = {
  mountains: (c) =>
    ridge(c, 0.72, 0.42, c.light.far, true) +
    ridge(c, 0.82, 0.36, c.light.middle, true) +
    ridge(c, 0.95, 0.18, c.light.near, false),
  sea: (c) => {
    const x = (0.25 + c.next() * 0.5) * c.w;
    const y = 0.66 * c.h;
    const s = c.h * (0.12 + c.next() * 0.1);
    return `${water(c, 0.56)}<path d="M${r(x - s * 0.7)} ${r(y)} H${r(x + s * 0.7)} L${r(x + s * 0.45)} ${r(y + s * 0.3)} H${r(x - s * 0.45)} Z" fill="${c.light.near}"/><path d="M${r(x)} ${r(y - s * 1.5)} L${r(x + s * 0.62)} ${r(y - s * 0.1)} H${r(x)} Z" fill="#fffaf0"/><path d="M${r(x - s * 0.06)} ${r(y - s * 1.3)} L${r(x - s * 0.5)} ${r(y - s * 0.1)} H${r(x - s * 0.06)} Z" fill="#f0d9c4"/>`;
  },
  forest: (c) => {
    const rows = [
      { count: 16, y: 0.72, size: 0.34, fill: c.light.far },
      { count: 12, y: 0.85, size: 0.44, fill: c.light.middle },
      { count: 9, y: 1.02, size: 0.58, fill: c.light.near },
    ];
    return rows
      .map(({ count, y, size, fill }) => {
        const trees = Array.from({ length: count }, (_, i) =>
          pine(((i + c.next() * 0.9) / count) * c.w, y * c.h, size * c.h * (0.75 + c.next() * 0.4), fill),
        );
        return `<rect y="${r((y - 0.08) * c.h)}" width="${c.w}" height="${c.h}" fill="${fill}"/>${trees.join('')}`;
      })
      .join('');
  },
  city: (c) =>
    [0.34, 0.5]
      .map((low, layer) => {
        const fill = layer === 0 ? c.light.far : c.light.near;
        let out = '';
        for (let x = -10; x < c.w;) {
          const width = 26 + c.next() * 44;
          const top = (low + c.next() * 0.34) * c.h;
          out += `<rect x="${r(x)}" y="${r(top)}" width="${r(width)}" height="${c.h}" fill="${fill}"/>`;
          for (let wy = top + 10; layer === 1 && wy < c.h - 10; wy += 17) {
            for (let wx = x + 6; wx < x + width - 8; wx += 12) {
              if (c.next() < 0.4) out += `<rect x="${r(wx)}" y="${r(wy)}" width="6" height="8" fill="#ffe3a3"/>`;
            }
          }
          x += width + 3;
        }
        return out;
      })
      .join(''),
  desert: (c) =>
    ridge(c, 0.7, 0.16, '#d9a066', false) +
    ridge(c, 0.82, 0.16, '#c7844f', false) +
    ridge(c, 0.96, 0.14, '#a9653c', false),
  lake: (c) => `${ridge(c, 0.58, 0.36, c.light.far, true)}${ridge(c, 0.6, 0.2, c.light.near, false)}${water(c, 0.6)}`,
  balloons: (c) => {
    const colours = ['#e4572e', '#f3a712', '#669bbc', '#a8577e', '#5b8e7d'];
    const balloons = Array.from({ length: 4 }, (_, i) => {
      const size = c.h * (0.07 + c.next() * 0.08);
      const x = (0.14 + i * 0.24 + c.next() * 0.06) * c.w;
      const y = (0.22 + c.next() * 0.34) * c.h;
      const fill = colours[Math.floor(c.next() * colours.length)];
      return `<path d="M${r(x - size * 0.5)} ${r(y + size * 0.7)} L${r(x - size * 0.14)} ${r(y + size * 1.5)} H${r(x + size * 0.14)} L${r(x + size * 0.5)} ${r(y + size * 0.7)}" fill="none" stroke="#5a4636" stroke-width="1.5"/><circle cx="${r(x)}" cy="${r(y)}" r="${r(size)}" fill="${fill}"/><ellipse cx="${r(x)}" cy="${r(y)}" rx="${r(size * 0.4)}" ry="${r(size)}" fill="#fff" opacity=".28"/><rect x="${r(x - size * 0.18)}" y="${r(y + size * 1.45)}" width="${r(size * 0.36)}" height="${r(size * 0.28)}" rx="2" fill="#6d4c33"/>`;
    });
    return `${ridge(c, 0.88, 0.12, c.light.middle, false)}${ridge(c, 0.97, 0.1, c.light.near, false)}${balloons.join('')}`;
  },
  meadow: (c) => {
    const colours = ['#f7d154', '#ef6f6c', '#ffffff', '#c58bd6'];
    const flowers = Array.from({ length: 70 }, () => {
      const depth = c.next();
      const y = (0.68 + depth * 0.32) * c.h;
      return `<circle cx="${r(c.next() * c.w)}" cy="${r(y)}" r="${r(2 + depth * 5)}" fill="${colours[Math.floor(c.next() * 4)]}"/>`;
    });
    return `${ridge(c, 0.64, 0.2, c.light.far, false)}${ridge(c, 0.72, 0.12, '#8db265', false)}<rect y="${r(c.h * 0.72)}" width="${c.w}" height="${c.h}" fill="#6f9a4d"/>${flowers.join('')}`;
  },
  snow: (c) => {
    const flakes = Array.from(
      { length: 50 },
      () =>
        `<circle cx="${r(c.next() * c.w)}" cy="${r(c.next() * c.h)}" r="${r(1 + c.next() * 2.4)}" fill="#fff" opacity=".85"/>`,
    );
    const trees = Array.from({ length: 6 }, () =>
      pine(c.next() * c.w, (0.76 + c.next() * 0.1) * c.h, c.h * (0.2 + c.next() * 0.16), '#4f6f73'),
    );
    return `${ridge(c, 0.7, 0.34, '#b9cbd8', true)}${trees.join('')}${ridge(c, 0.86, 0.14, '#f3f7fa', false)}${flakes.join('')}`;
  },
  beach: (c) => {
    const x = (0.3 + c.next() * 0.4) * c.w;
    const y = 0.72 * c.h;
    const s = c.h * 0.17;
    return `${water(c, 0.5)}<path d="M0 ${r(c.h * 0.74)} Q${r(c.w * 0.5)} ${r(c.h * 0.64)} ${c.w} ${r(c.h * 0.78)} V${c.h} H0 Z" fill="#f0d9a8"/><path d="M${r(x)} ${r(y - s)} L${r(x + s * 0.25)} ${r(y + s * 0.9)}" stroke="#7a5b3a" stroke-width="4"/><path d="M${r(x - s)} ${r(y - s * 0.7)} A${r(s)} ${r(s)} 0 0 1 ${r(x + s)} ${r(y - s * 1.2)} Z" fill="#e4572e"/><path d="M${r(x - s * 0.35)} ${r(y - s * 0.86)} Q${r(x - s * 0.3)} ${r(y - s * 1.7)} ${r(x)} ${r(y - s * 1.72)} Q${r(x + s * 0.4)} ${r(y - s * 1.5)} ${r(x + s * 0.35)} ${r(y - s * 1.03)} Z" fill="#fff4e0"/>`;
  },
};
