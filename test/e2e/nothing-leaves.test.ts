/**
 * Nothing leaves the computer: once the weights are there, the window with all its processes opens no connection, resolves
 * no name and writes nothing outside the library. Watched by strace; test/integration/nothing-leaves.test.ts does the same
 * for the command line.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { testAssets } from '../fixtures/assets.ts';
import { drawDataset, plainEnvironment, straceArguments, violations, whyNoStrace } from '../fixtures/strace.ts';
import { developmentProgram, expect, flags, root, shippedProgram, test } from './app.ts';
import { PipedProgram } from './pipe.ts';

const reason = whyNoStrace();
test.skip(reason !== undefined, reason ?? '');

/** Asks the program as its page does. */
const invoke = (name: string, argument?: unknown) =>
  `window.descry.invoke(${JSON.stringify(name)}, ${JSON.stringify(argument) ?? 'undefined'}).then((answer) => {
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  })`;

interface Watched {
  readonly descry: PipedProgram;
  /** places below the folder of this test */
  readonly at: (...names: string[]) => string;
  /** ends the program, and says what it did that it must not */
  readonly end: () => Promise<string[]>;
}

async function startWatched(base: string, packaged: boolean): Promise<Watched> {
  const at = (...names: string[]) => path.join(base, ...names);
  const session = at('session');
  mkdirSync(session, { mode: 0o700 });
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
      // as in a desktop session
      XDG_RUNTIME_DIR: session,
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      DESCRY_HOME: at('library'),
      DESCRY_ASSETS: path.dirname(path.dirname((await testAssets()).glove)),
    },
  });
  await descry.page();
  const end = async () => {
    await descry.close();
    // Chromium's single-instance lock and shared memory; a file of GTK's settings that all programs of a session share
    const writable = [at('library'), at('tmp'), path.join(session, 'dconf')];
    return violations(at('trace'), { writable, home: at('home'), cwd: root, chromium: true });
  };
  return { descry, at, end };
}

test('starting, indexing, searching and training reach for no network and write in the library alone', async ({
  folder,
  packaged,
}) => {
  test.setTimeout(180_000);
  const { descry, at, end } = await startWatched(await folder('leaves'), packaged);
  let found: string[] = [];
  try {
    const { images, captions } = await drawDataset(at('dataset'), 12);
    writeFileSync(at('dataset', 'captions.csv'), captions);
    const poll = <T>(name: string) => expect.poll(() => descry.evaluate<T>(invoke(name)), { timeout: 60_000 });
    await poll('assets.state').toMatchObject({ state: 'ready' });
    await descry.evaluate(invoke('library.addFolders', { paths: [images] }));
    await poll('library.overview').toMatchObject({ photos: 12, indexed: 12 });
    const ranking = await descry.evaluate<number>(
      `${invoke('search.query', { text: 'a dog' })}.then((all) => all.ids.length)`,
    );
    expect(ranking).toBe(12);
    const settings = {
      datasets: [at('dataset')],
      recipe: 'advanced',
      overrides: { epochs: 1 },
      name: 'mine',
      init: null,
    };
    await descry.evaluate(invoke('training.start', { ...settings, seed: 1 }));
    await poll('training.state').toMatchObject({ state: 'finished' });
    await descry.evaluate(invoke('training.settle', { decision: 'use' }));
  } finally {
    found = await end();
  }
  expect(found).toEqual([]);
  expect(readdirSync(at('home'))).toEqual([]);
  const processes = new Set(readFileSync(at('trace'), 'utf8').match(/^\d+/gm));
  expect(processes.size).toBeGreaterThan(10); // strace has followed the window's, Chromium's and our own
});

/**
 * What WebRTC does before it sends anything: it listens for names of the local network, and asks the system, by sockets that
 * it connects and closes, from which of its addresses the internet would be reached.
 */
const beforeSending = [
  /^bind\(.*htons\(5353\).*"(224\.0\.0\.251|ff02::fb)"/,
  /^bind\(.*htons\(0\).*"(0\.0\.0\.0|::)"/,
  /^connect\(.*htons\(53\).*"(8\.8\.8\.8|2001:4860:4860::8888)"/,
];

test('code in the page reaches no other computer by WebRTC, dns-prefetch or preconnect', async ({
  folder,
  packaged,
}) => {
  const { descry, end } = await startWatched(await folder('leaves'), packaged);
  let found: string[] = [];
  let candidates: unknown;
  try {
    // addresses for documentation (RFC 5737), reserved names (RFC 2606)
    candidates = await descry.evaluate<string[]>(`(async () => {
      const links = { 'dns-prefetch': '//prefetch.example.org', preconnect: 'http://203.0.113.1:81' };
      for (const [rel, href] of Object.entries(links)) {
        document.head.append(Object.assign(document.createElement('link'), { rel, href }));
      }
      const turn = { username: 'a', credential: 'b' };
      const connection = new RTCPeerConnection({
        iceServers: [
          { urls: ['stun:203.0.113.2:3478', 'stun:stun.example.org:3478'] },
          { urls: ['turn:203.0.113.3:3478?transport=tcp', 'turn:turn.example.org:3478?transport=tcp'], ...turn },
          { urls: 'turns:203.0.113.4:443?transport=tcp', ...turn },
        ],
      });
      const found = [];
      connection.onicecandidate = ({ candidate }) => candidate && found.push(candidate.candidate);
      connection.createDataChannel('out');
      await connection.setLocalDescription(await connection.createOffer());
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return found.filter(Boolean);
    })()`);
  } finally {
    found = await end();
  }
  expect(found.filter((call) => !beforeSending.some((form) => form.test(call)))).toEqual([]);
  expect(candidates).toEqual([]); // it does not learn our addresses either
});
