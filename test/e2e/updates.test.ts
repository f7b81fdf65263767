/** Updates in the program: off, and where they are on, as built. What is refused is in test/integration/updates.test.ts. */
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { signedFeed } from '../../build/scripts/update-feed.mjs';
import { expect, test } from './app.ts';

test('nobody is asked before the user says yes, and the window says who would be', async ({ descry, packaged }) => {
  const settings = await descry.window.evaluate(() => window.descry.invoke('settings.get'));
  expect(settings).toMatchObject({ ok: true, value: { lookForUpdates: false } });
  const info = await descry.window.evaluate(() => window.descry.invoke('app.info'));
  // A checkout is updated by git, and knows no place.
  const updates = packaged ? { host: 'updates.invalid', installs: process.platform !== 'linux' } : null;
  expect(info).toMatchObject({ ok: true, value: { updates } });
  const loaded = await descry.electron.evaluate(() =>
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- Playwright gives the function no `require`
    Object.keys((process.mainModule!.constructor as unknown as { _cache: object })._cache).filter((file) =>
      /updater/.test(file),
    ),
  );
  expect(loaded).toEqual([]);
});

test('as built, it asks for the signed feed by Node, past the closed network of Chromium', async ({
  descry,
  folder,
}) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const feed = {
    program: 'descry',
    version: '99.0.0',
    releasedAt: new Date().toISOString(),
    files: [{ name: 'descry_99.0.0_amd64.deb', bytes: 1, sha512: `${'A'.repeat(86)}==` }],
  };
  const text = signedFeed(feed, privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'));
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url!);
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const source = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/descry-updates.json`,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    };
    const found = await descry.electron.evaluate(
      async ({ app }, { source, downloads }) => {
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
        const { update } = (process.mainModule as NodeJS.Module).require(`${app.getAppPath()}/dist/updater.cjs`) as {
          update(options: object): Promise<unknown>;
        };
        const nothing = () => undefined;
        return update({
          source,
          program: { version: app.getVersion(), name: app.name, isPackaged: true, quit: nothing, onQuit: nothing },
          installation: 'told',
          folder: downloads,
          log: { info: nothing, warn: nothing },
        });
      },
      { source, downloads: await folder('downloads') },
    );
    expect(found).toEqual({ state: 'newer', version: '99.0.0' });
    expect(asked).toEqual(['/descry-updates.json']);
  } finally {
    server.close();
  }
});
