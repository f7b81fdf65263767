/**
 * What the gazetteer costs, in a fresh process as the packaged program has it (bundled, no TypeScript):
 * `node build/scripts/bench.mjs gazetteer`, or this file itself.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { externals, root } from '../../build/bundles.ts';
import { report } from './common/report.ts';

mkdirSync(path.join(root, 'node_modules/.cache'), { recursive: true });
const folder = mkdtempSync(path.join(root, 'node_modules/.cache/gazetteer-'));
const places = path.join(root, 'electron/services/places');
const program = `
import { Gazetteer } from ${JSON.stringify(path.join(places, 'gazetteer.ts'))};
const used = () => { gc(); const { rss, heapUsed, arrayBuffers } = process.memoryUsage(); return { rss: rss / 1e6, heap: (heapUsed + arrayBuffers) / 1e6 }; };
const report = { steps: {} };
let before = used();
const step = (name, act) => {
  const start = performance.now();
  const cpu = process.cpuUsage();
  act();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const now = used();
  report.steps[name] = { ms: +ms.toFixed(1), cpuMs: +((user + system) / 1000).toFixed(1), rssMB: +(now.rss - before.rss).toFixed(1), heapMB: +(now.heap - before.heap).toFixed(1) };
};
const gazetteer = Gazetteer.open(${JSON.stringify(path.join(places, 'gazetteer.bin'))});
step('a name, the file read', () => gazetteer.named('Paris'));
step('a position far from borders', () => gazetteer.nearest(48.8584, 2.2945));
step('an id', () => gazetteer.place(2988507));
step('a position near a border, the borders loaded', () => gazetteer.nearest(48.5734, 7.7521));
const thousand = (act) => { const start = performance.now(); for (let i = 0; i < 1000; i++) act(i); return +(performance.now() - start).toFixed(1); };
report.microseconds = {
  nearest: thousand((i) => gazetteer.nearest(45 + (i % 100) / 10, (i % 99) / 10)),
  named: thousand(() => gazetteer.named('Freiburg')),
};
console.log(JSON.stringify(report));
`;
try {
  const source = path.join(folder, 'program.ts');
  writeFileSync(source, program);
  const outfile = path.join(folder, 'program.cjs');
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    external: externals,
    define: {
      'import.meta.dirname': JSON.stringify(places),
      'import.meta.url': JSON.stringify(`file://${places}/gazetteer.ts`),
    },
  });
  const runs = Array.from({ length: 5 }, () =>
    execFileSync(process.execPath, ['--expose-gc', outfile], { encoding: 'utf8' }),
  );
  tell(runs.map((run) => JSON.parse(run) as Run));
} finally {
  rmSync(folder, { recursive: true });
}

interface Run {
  readonly steps: Readonly<Record<string, { ms: number; cpuMs: number; rssMB: number; heapMB: number }>>;
  readonly microseconds: Readonly<Record<string, number>>;
}

function tell(runs: readonly Run[]): void {
  for (const step of Object.keys(runs[0]!.steps)) {
    const of = (key: keyof Run['steps'][string]) => runs.map(({ steps }) => steps[step]![key]);
    const [id, what] = [step.replaceAll(/[ ,]+/g, '-'), `gazetteer, in a fresh process: ${step}`];
    const raw = { 'processor ms': of('cpuMs'), 'resident MB': of('rssMB') };
    report({ id: `gazetteer.${id}.time`, what, unit: 'ms', runs: of('ms'), raw });
    report({ id: `gazetteer.${id}.memory`, what: `${what}, memory`, unit: 'MB', runs: of('heapMB') });
  }
  for (const name of Object.keys(runs[0]!.microseconds)) {
    const each = runs.map(({ microseconds }) => microseconds[name]!);
    report({ id: `gazetteer.${name}`, what: `gazetteer: ${name}(), each of 1,000`, unit: 'µs', runs: each });
  }
}
