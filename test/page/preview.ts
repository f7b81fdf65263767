/**
 * Serves the built window with the mock bridge, for screenshots and for tests of the page alone. The page is the
 * program's own, under its own policy; the bridge is one script more before it, and pictures are drawn for the
 * addresses of photo://.
 */
import { build } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import type { Scenario } from './scenario.ts';
import { picture } from './pictures.ts';

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export interface Preview {
  /** the address of the window in a state */
  address(scenario: Scenario): string;
  close(): Promise<void>;
}

/** @param dist the folder that `vite build -c build/vite.config.ts` wrote */
export async function startPreview(dist: string): Promise<Preview> {
  const mock = await build({
    entryPoints: [path.join(import.meta.dirname, 'mock-bridge.ts')],
    bundle: true,
    format: 'iife',
    target: 'chrome114',
    write: false,
  });
  // Read at once: a build may replace the folder meanwhile.
  const names = (await readdir(dist, { recursive: true })).filter((name) => path.extname(name) in types);
  const files = new Map(
    await Promise.all(
      names.map(async (name) => [name.replaceAll('\\', '/'), await readFile(path.join(dist, name))] as const),
    ),
  );
  const scenarios: Scenario[] = [];
  const generated: Record<string, (scenario: Scenario) => string> = {
    '/scenario.js': (scenario) => `window.scenario = ${JSON.stringify(scenario)};`,
    '/mock-bridge.js': () => mock.outputFiles[0]!.text,
  };

  function answer(url: URL): { type: string; body: string | Buffer } | null {
    const asked = /^\/pictures\/(thumbnail|preview|decoded)\/(\d+)$/.exec(url.pathname);
    if (asked) {
      const id = Number(asked[2]);
      return id % 97 === 60 ? null : { type: 'image/svg+xml', body: picture(id) }; // some cannot be shown
    }
    const script = generated[url.pathname]?.(scenarios[Number(url.searchParams.get('scenario'))] ?? {});
    if (script !== undefined) return { type: types['.js']!, body: script };
    const name = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
    const body = files.get(name);
    if (!body) return null;
    const type = types[path.extname(name)] ?? 'application/octet-stream';
    if (type !== types['.html']) return { type, body };
    const scripts = `<script src="/scenario.js${url.search}"></script><script src="/mock-bridge.js"></script>`;
    return { type, body: body.toString().replace('<title>', `${scripts}<title>`) };
  }

  const server = createServer((request, response) => {
    const found = answer(new URL(request.url ?? '/', 'http://localhost'));
    if (found) response.writeHead(200, { 'content-type': found.type }).end(found.body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const origin = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
  return {
    address: (scenario) => `${origin}/?scenario=${scenarios.push(scenario) - 1}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
