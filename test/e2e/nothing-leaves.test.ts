/**
 * Nothing leaves the computer: once the weights are there, the window with all its processes opens no connection, resolves
 * no name and writes nothing outside the library. Watched by strace; test/integration/nothing-leaves.test.ts does the same
 * for the command line.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { testAssets } from '../fixtures/assets.ts';
import { drawDataset, plainEnvironment, straceArguments, violations, whyNoStrace } from '../fixtures/strace.ts';
import { developmentProgram, expect, flags, root, shippedProgram, test } from './app.ts';
import { PipedProgram } from './pipe.ts';

const reason = whyNoStrace();
test.skip(reason !== undefined, reason ?? '');

/** Asks the program as its page does. */
const ask = (name: string, argument?: unknown) =>
  `window.descry.invoke(${JSON.stringify(name)}, ${JSON.stringify(argument) ?? 'undefined'}).then((answer) => {
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  })`;

test('starting, indexing, searching and training reach for no network and write in the library alone', async ({
  folder,
  packaged,
}) => {
  test.setTimeout(180_000);
  const base = await folder('leaves');
  const at = (...names: string[]) => path.join(base, ...names);
  const weights = path.dirname(path.dirname((await testAssets()).glove));
  const { images, captions } = await drawDataset(at('dataset'), 12);
  writeFileSync(at('dataset', 'captions.csv'), captions);
  const session = await folder('leaves/session');

  const program = packaged ? [shippedProgram] : [developmentProgram];
  const app = packaged ? [] : [root];
  // strace takes the rights from Chromium's sandbox helper, which needs them; all else is as the user has it.
  const args = [...new Set([...flags, '--no-sandbox', '--remote-debugging-pipe']), ...app, 'a dog on the grass'];
  const descry = new PipedProgram('strace', [...straceArguments(at('trace')), ...program, ...args], {
    cwd: root,
    env: {
      ...plainEnvironment({ home: at('home'), temporary: at('tmp') }),
      DISPLAY: process.env['DISPLAY'],
      XAUTHORITY: process.env['XAUTHORITY'],
      // as in a desktop session; GTK's settings keep a file there that all its programs share
      XDG_RUNTIME_DIR: session,
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      DESCRY_HOME: at('library'),
      DESCRY_ASSETS: weights,
    },
  });
  try {
    await descry.page();
    const poll = <T>(name: string) => expect.poll(() => descry.evaluate<T>(ask(name)), { timeout: 60_000 });
    await poll('assets.state').toMatchObject({ state: 'ready' });
    await descry.evaluate(ask('library.addFolders', { paths: [images] }));
    await poll('library.overview').toMatchObject({ photos: 12, indexed: 12 });
    const found = await descry.evaluate<number>(
      `${ask('search.query', { text: 'a dog' })}.then((all) => all.ids.length)`,
    );
    expect(found).toBe(12);
    const settings = { dataset: at('dataset'), recipe: 'advanced', overrides: { epochs: 1 }, name: 'mine', init: null };
    await descry.evaluate(ask('training.start', { ...settings, seed: 1 }));
    await poll('training.state').toMatchObject({ state: 'finished' });
    await descry.evaluate(ask('training.settle', { decision: 'use' }));
  } finally {
    await descry.close();
  }

  const writable = [at('library'), at('tmp'), path.join(session, 'dconf')];
  expect(violations(at('trace'), { writable, home: at('home'), cwd: root, chromium: true })).toEqual([]);
  expect(readdirSync(at('home'))).toEqual([]);
  const processes = new Set(readFileSync(at('trace'), 'utf8').match(/^\d+/gm));
  expect(processes.size).toBeGreaterThan(10); // strace has followed the window's, Chromium's and our own
});
