/**
 * Serves the built window with the mock bridge to a plain Chromium, for screenshots and for tests of the page alone.
 * The built page is the program's own; the bridge is injected, and pictures are drawn for the addresses of photo://.
 */
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import type { Page } from '@playwright/test';
import type { Scenario } from './mock-bridge.ts';
import { picture } from './pictures.ts';

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.map': 'application/json',
};

export interface Preview {
  readonly url: string;
  /** Opens the window in a state; call once for a page. */
  open(page: Page, scenario: Scenario): Promise<void>;
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
  const bridge = mock.outputFiles[0]!.text;
  const server = createServer(async (request, response) => {
    const address = new URL(request.url ?? '/', 'http://localhost').pathname;
    const asked = /^\/pictures\/(thumbnail|preview)\/(\d+)$/.exec(address);
    if (asked) {
      if (Number(asked[2]) % 97 === 40) return response.writeHead(404).end(); // a thumbnail that cannot be made
      return response
        .writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=3600' })
        .end(picture(Number(asked[2])));
    }
    const file = path.join(dist, path.normalize(address === '/' ? 'index.html' : address));
    try {
      const content = await readFile(file);
      return response
        .writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' })
        .end(content);
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const url = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}/`;
  return {
    url,
    async open(page, scenario) {
      await page.addInitScript(`window.scenario = ${JSON.stringify(scenario)};\n${bridge}`);
      await page.goto(url);
    },
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
