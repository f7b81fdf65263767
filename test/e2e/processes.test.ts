/** Each process of the program is ended while it works, and the window goes on. */
import { readFile } from 'node:fs/promises';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';
import { allIndexed, invoke, copyPhotos, noPhotos, seed, smallDataset } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(300_000);

type Name = 'library' | 'vision' | 'training';
/** The process id of one of our utility processes; undefined where it does not run. */
const pidOf = ({ electron }: DescryApp, name: Name): Promise<number | undefined> =>
  electron.evaluate(
    ({ app }, wanted) =>
      app.getAppMetrics().find((metric) => (metric.name ?? metric.serviceName) === `Descry ${wanted}`)?.pid,
    name,
  );

async function running(app: DescryApp, name: Name): Promise<number> {
  await expect.poll(() => pidOf(app, name), { timeout: 60_000 }).toBeDefined();
  return (await pidOf(app, name))!;
}

async function kill(app: DescryApp, name: Name): Promise<number> {
  const pid = await running(app, name);
  process.kill(pid, 'SIGKILL');
  return pid;
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Counts an event of the contract in the page from now on. */
async function countRestarts({ window: page }: DescryApp): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counter = globalThis as { restarts?: number };
    counter.restarts = 0;
    window.descry.on('library.restarted', () => (counter.restarts = (counter.restarts ?? 0) + 1));
  });
  return () => page.evaluate(() => (globalThis as { restarts?: number }).restarts ?? 0);
}

const found = async (app: DescryApp) => (await invoke(app, 'search.query', { text: 'a dog on the grass' })).ids.length;
const indexed = async (app: DescryApp) => (await invoke(app, 'library.overview')).indexed;

/** Whether an image of the library comes over photo://. */
const loads = ({ window: page }: DescryApp, address: string) =>
  page.evaluate(
    (src) =>
      new Promise<boolean>((resolve) => {
        const image = new Image();
        image.onload = () => resolve(true);
        image.onerror = () => resolve(false);
        image.src = src;
      }),
    address,
  );

test('the library: indexing finishes, searches answer, photos wait, and its workers are new ones', async ({
  descry,
  folder,
}) => {
  const photos = await folder('photos');
  const names = await copyPhotos(seed, photos);
  const restarts = await countRestarts(descry);
  await invoke(descry, 'library.addFolders', { paths: [photos] });
  await expect.poll(() => indexed(descry), { timeout: 120_000 }).toBeGreaterThan(0);
  const worker = await running(descry, 'vision');
  const library = await running(descry, 'library');

  // Stopped first, so that the requests are under way when it dies.
  process.kill(library, 'SIGSTOP');
  const inFlight = descry.window.evaluate(async () => {
    const answer = await window.descry.invoke('library.overview');
    return answer.ok ? 'answered' : answer.error.code;
  });
  const image = loads(descry, 'photo://library/thumbnail/1');
  await descry.window.waitForTimeout(200);
  process.kill(library, 'SIGKILL');

  expect(await inFlight).toBe('library-restarting');
  await expect(descry.window.getByText('The library had to be started again. Searching goes on.')).toBeVisible({
    timeout: 30_000,
  });
  expect(await restarts()).toBe(1);
  expect(await image).toBe(true);
  expect(await running(descry, 'library')).not.toBe(library);
  await expect.poll(() => isAlive(worker)).toBe(false);
  await allIndexed(descry);
  expect(await found(descry)).toBe(names.length);
  expect(await invoke(descry, 'library.failures', { offset: 0, limit: 10 })).toEqual([]);
  expect(await restarts()).toBe(1);
  const log = await descry.log();
  expect(log).toContain('The library process ended unexpectedly');
  // lines of the new process
  expect(log.slice(log.indexOf('ended unexpectedly'))).toContain(`${names.length} photos, 0 new`);
});

test('the library, five times in a row: the window says so with what to do, and stays', async ({ descry }) => {
  await descry.electron.evaluate(({ dialog }) => {
    const dialogs = globalThis as { dialogs?: string[] };
    dialogs.dialogs = [];
    dialog.showMessageBox = ((...args: { detail?: string }[]) => {
      dialogs.dialogs?.push(args.at(-1)?.detail ?? '');
      return Promise.resolve({ response: 2, checkboxChecked: false });
    }) as unknown as typeof dialog.showMessageBox;
  });
  const dialogs = () => descry.electron.evaluate(() => (globalThis as { dialogs?: string[] }).dialogs ?? []);
  let last: number | undefined;
  await expect
    .poll(
      async () => {
        const pid = await pidOf(descry, 'library');
        if (pid !== undefined && pid !== last && isAlive(pid)) process.kill((last = pid), 'SIGKILL');
        return dialogs();
      },
      { timeout: 60_000, intervals: [100] },
    )
    .toEqual([expect.stringContaining('5 times in a row')]);
  await expect(descry.window.getByText('The library has stopped. Restart Descry.')).toBeVisible();
  const answer = await descry.window.evaluate(() => window.descry.invoke('library.overview'));
  expect(answer).toMatchObject({ ok: false, error: { code: 'library-stopped' } });
  expect(await descry.window.evaluate(() => window.descry.invoke('app.info'))).toMatchObject({ ok: true });
});

test('vision: what was under way is done by a new one', async ({ descry, folder }) => {
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 24);
  const restarts = await countRestarts(descry);
  await invoke(descry, 'library.addFolders', { paths: [photos] });
  const first = await kill(descry, 'vision');
  await allIndexed(descry);
  expect(await pidOf(descry, 'vision')).not.toBe(first);
  expect(await found(descry)).toBe(24);
  expect(await invoke(descry, 'library.failures', { offset: 0, limit: 10 })).toEqual([]);
  expect(await descry.log()).toContain('The vision process ended unexpectedly');
  expect(await restarts()).toBe(0);
});

test('training, then the library under it: the run goes on at its last checkpoint each time', async ({
  descry,
  folder,
}) => {
  const dataset = await folder('captioned');
  await smallDataset(dataset, { train: 40, val: 10 });
  const state = () => invoke(descry, 'training.state');
  const epoch = async () => (await state()).epoch;
  await invoke(descry, 'training.start', {
    datasets: [dataset],
    recipe: 'advanced',
    // as many epochs as it takes to end two processes on the way
    overrides: { imageBranch: 'layers', batch: 20, hidden: 512, embedding: 256, epochs: 1000 },
    name: 'mine',
    init: null,
    seed: 1,
  });
  await expect.poll(epoch, { timeout: 180_000 }).toBeGreaterThan(1);

  const trainer = await kill(descry, 'training');
  // An epoch may have ended between the last answer and the end of the process.
  await expect.poll(() => pidOf(descry, 'training'), { timeout: 60_000 }).not.toBe(trainer);
  let before = await epoch();
  await expect.poll(epoch, { timeout: 60_000 }).toBeGreaterThan(before);
  expect((await state()).state).toBe('training');

  before = await epoch();
  const restarts = await countRestarts(descry);
  const second = await running(descry, 'training');
  await kill(descry, 'library');
  await expect.poll(restarts, { timeout: 30_000 }).toBe(1);
  await expect.poll(epoch, { timeout: 60_000 }).toBeGreaterThan(before);
  expect(isAlive(second)).toBe(false);
  expect((await state()).state).toBe('training');
  await invoke(descry, 'training.cancel');
});

test('main: all others end with it', async ({ descry, folder }) => {
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 6);
  await invoke(descry, 'library.addFolders', { paths: [photos] });
  const others = [await running(descry, 'library'), await running(descry, 'vision')];
  process.kill(descry.electron.process().pid!, 'SIGKILL');
  await expect.poll(() => others.filter(isAlive), { timeout: 10_000 }).toEqual([]);
});

test('main loads neither SQLite nor usearch nor ONNX Runtime; the library does', async ({ descry, folder }) => {
  test.skip(process.platform !== 'linux', 'reads /proc');
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 6);
  await invoke(descry, 'library.addFolders', { paths: [photos] });
  await allIndexed(descry);
  await found(descry);
  const main = await descry.electron.evaluate(() => process.pid);
  const native = async (pid: number) => {
    const maps = await readFile(`/proc/${pid}/maps`, 'utf8');
    return [...new Set(maps.match(/better_sqlite3|usearch|onnxruntime/g))].sort();
  };
  expect(await native(main)).toEqual([]);
  expect(await native(await running(descry, 'library'))).toEqual(['better_sqlite3', 'onnxruntime', 'usearch']);
});
