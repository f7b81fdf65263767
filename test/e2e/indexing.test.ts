/** The library behind the window, in the real Electron: photos are opened and encoded in the supervised utility process. */
import { copyFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ElectronApplication } from '@playwright/test';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';

test.skip(shared === undefined, 'needs the shared test photos (none at ../shared; DESCRY_SHARED names them)');
test.setTimeout(180_000);

const seed = path.join(shared ?? '', 'photos/seed');

async function somePhotos(folder: string, count: number): Promise<void> {
  const names = (await readdir(seed, { recursive: true })).filter((name) => /\.jpe?g$/i.test(name)).sort();
  for (const name of names.slice(0, count))
    await copyFile(path.join(seed, name), path.join(folder, path.basename(name)));
}

/** Asks over the bridge, as the page does. @throws what the answer's envelope holds */
function invoke<T>(app: DescryApp, name: string, argument?: unknown): Promise<T> {
  return app.window.evaluate(
    async ([request, input]) => {
      const answer = await window.descry.invoke(request as never, input as never);
      if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
      return answer.value;
    },
    [name, argument] as const,
  );
}

const indexed = async (app: DescryApp) => (await invoke<{ indexed: number }>(app, 'library.overview')).indexed;

/** The process id of the vision worker. */
const workerPid = (electron: ElectronApplication) =>
  electron.evaluate(
    ({ app }) =>
      app
        .getAppMetrics()
        .find(({ type, name, serviceName }) => type === 'Utility' && (name ?? serviceName) === 'Descry vision')?.pid,
  );

test('photos of a new folder are found by a sentence, and shown over photo://', async ({ descry, folder }) => {
  const photos = await folder('photos');
  await somePhotos(photos, 12);
  await invoke(descry, 'library.addFolders', { paths: [photos] });
  await expect.poll(() => indexed(descry), { timeout: 120_000 }).toBe(12);

  const found = await descry.window.evaluate(async () => {
    const answer = await window.descry.invoke('search.query', { text: 'a dog on the grass' });
    if (!answer.ok) throw new Error(answer.error.message);
    const { ids, contents, scores, relevance } = answer.value;
    const typed = [ids instanceof Int32Array, scores instanceof Float32Array, relevance instanceof Float32Array];
    const load = (address: string) =>
      new Promise<number>((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth);
        image.onerror = () => reject(new Error(address));
        image.src = address;
      });
    return {
      photos: ids.length,
      typed,
      descending: scores.every((score, i) => i === 0 || score <= scores[i - 1]!),
      thumbnail: await load(`photo://library/thumbnail/${contents[0]}`),
      preview: await load(`photo://library/preview/${contents[0]}`),
    };
  });
  expect(found).toMatchObject({ photos: 12, typed: [true, true, true], descending: true });
  expect(found.thumbnail).toBeGreaterThan(50);
  expect(found.preview).toBeGreaterThanOrEqual(found.thumbnail);
  expect(descry.complaints).toEqual([]);
});

test('after a crash the vision worker is started again and nothing is lost', async ({ descry, folder }) => {
  const photos = await folder('photos');
  await somePhotos(photos, 24);
  await invoke(descry, 'library.addFolders', { paths: [photos] });
  await expect.poll(() => workerPid(descry.electron), { timeout: 60_000 }).toBeDefined();
  const first = await workerPid(descry.electron);
  process.kill(first!, 'SIGKILL');
  await expect.poll(() => indexed(descry), { timeout: 120_000 }).toBe(24);
  expect(await workerPid(descry.electron)).not.toBe(first);
  expect(await descry.log()).toContain('The vision process ended unexpectedly');
  expect(await invoke(descry, 'library.failures', { offset: 0, limit: 10 })).toEqual([]);
});

test('every format opens in the window as it does on the command line', async ({ descry }) => {
  const formats = path.join(shared ?? '', 'photos/formats');
  await invoke(descry, 'library.addFolders', { paths: [formats] });
  type Overview = { photos: number; indexed: number; failures: number };
  const left = async () => {
    const { photos, indexed, failures } = await invoke<Overview>(descry, 'library.overview');
    return photos === 0 ? Number.NaN : photos - indexed - failures;
  };
  await expect.poll(left, { timeout: 150_000 }).toBe(0);
  const failures = await invoke<{ path: string; code: string }[]>(descry, 'library.failures', {
    offset: 0,
    limit: 100,
  });
  // What the same decoder says in plain Node: HEIC, AVIF, BMP, JPEG 2000, CMYK, 16 bit and all orientations are opened.
  expect(failures.map(({ path: file, code }) => `${path.basename(file)}: ${code}`).sort()).toEqual([
    'bomb_65536_square.png: photo-too-large',
    'corrupt_header.jpg: photo-truncated',
    'text_renamed.jpg: photo-unreadable',
    'truncated.jpg: photo-truncated',
    'zero_bytes.jpg: photo-empty',
  ]);
});
