import { Descry } from '../electron/services/descry.ts';
import path from 'node:path';
const log = { info: (m: string) => console.log(m), warn: console.log, error: console.log };
const descry = new Descry({ home: '/work/labs-dup/home2', builtInModel: path.resolve('models/pretrained/default.safetensors'), log });
let t = performance.now(); let cpu = process.cpuUsage();
let longest = 0, last = performance.now(); const timer = setInterval(() => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; }, 1);
await descry.models.current(); longest = 0;
await descry.nearDuplicates.run(); cpu = process.cpuUsage(cpu); console.log('first run', performance.now() - t, 'cpu', (cpu.user + cpu.system) / 1000, 'longest between timers', longest);
for (const f of ['new1', 'new2', 'new3']) {
  const folder = await descry.library.add(`/work/labs-dup/${f}`); await descry.library.scan(folder.id); await descry.indexer.run();
  t = performance.now(); await descry.nearDuplicates.run(); const run = performance.now() - t;
  t = performance.now(); descry.nearDuplicates.stacks(); console.log(f, 'run', run.toFixed(1), 'stacks', (performance.now() - t).toFixed(1), [...descry.store.photos.inFolder(folder.id)].map((r) => [path.basename(r.path), descry.nearDuplicates.stackOf(r.content!)]));
}
t = performance.now(); const r = descry.nearDuplicates.report(); console.log('report', (performance.now() - t).toFixed(1), r.groups.length, r.complete);
await descry.close(); clearInterval(timer);
