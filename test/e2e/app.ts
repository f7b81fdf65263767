/**
 * Descry in a real Electron, for a test: the checkout, run by the real Electron or the runtime from npm, or the packaged
 * program. Every app has a library folder of its own, and ends with the test; the weights are shared.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, type ElectronApplication, type Page } from '@playwright/test';
import { packaged } from '../../build/scripts/packaged.ts';
import { developmentProgram, environment, flags, launchDescry, root } from '../fixtures/electron.ts';

export { developmentProgram, flags, root };
/** The packaged program as it is driven here (build/scripts/package.mjs), and as it is shipped. */
export const packagedProgram = packaged.driven;
export const shippedProgram = packaged.shipped;

export interface ProgramOption {
  /** test the packaged program; else the checkout */
  packaged: boolean;
}

export interface StartOptions {
  /** folder of the library; absent: a new one */
  readonly home?: string;
  /** arguments of the program, such as a sentence */
  readonly args?: readonly string[];
  readonly environment?: Record<string, string>;
}

export class DescryApp {
  readonly electron: ElectronApplication;
  readonly window: Page;
  readonly home: string;
  /** what the page complained about: uncaught errors, and what its policy refused */
  readonly complaints: string[] = [];

  constructor(electron: ElectronApplication, window: Page, home: string) {
    this.electron = electron;
    this.window = window;
    this.home = home;
    window.on('pageerror', (error) => this.complaints.push(error.message));
    window.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  log(): Promise<string> {
    return readFile(path.join(this.home, 'logs', 'descry.log'), 'utf8');
  }

  async close(): Promise<void> {
    await this.electron.close();
  }
}

function commandLine(isPackaged: boolean, args: readonly string[] = []): string[] {
  return isPackaged ? [...flags, ...args] : [...flags, root, ...args];
}

/** Starts the program and waits for its window. */
async function launch(isPackaged: boolean, home: string, options: StartOptions): Promise<[ElectronApplication, Page]> {
  // Nothing holds the packaged program back: where Playwright comes in the very moment in which the page is loaded, it
  // waits for the page for ever.
  const attempts = isPackaged ? 5 : 1;
  const timeout = isPackaged ? 8000 : 30_000;
  for (let attempt = 1; ; attempt++) {
    let electron: ElectronApplication | undefined;
    try {
      electron = await launchDescry({
        home,
        packagedProgram: isPackaged ? packagedProgram : undefined,
        ...(options.args ? { args: options.args } : {}),
        ...(options.environment ? { environment: options.environment } : {}),
        timeout,
      });
      return [electron, await electron.firstWindow({ timeout })];
    } catch (error) {
      electron?.process().kill('SIGKILL');
      if (attempt === attempts) throw error;
    }
  }
}

interface Fixtures {
  /** starts the app and waits for its window */
  start: (options?: StartOptions) => Promise<DescryApp>;
  /** starts the program a second time, as a user would; resolves with its exit code */
  startBeside: (home: string, args: readonly string[]) => Promise<number | null>;
  /** an app with an empty library */
  descry: DescryApp;
  /** makes an empty folder that goes away with the test */
  folder: (name: string) => Promise<string>;
}

/**
 * A virtual display, as xvfb-run makes them.
 * @returns its name; `end` ends it
 */
async function startDisplay(): Promise<{ name: string; end: () => void }> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}.`)));
    child.stdio[3]!.once('data', (text) => resolve(String(text).trim()));
  });
  return { name: `:${number}`, end: () => child.kill() };
}

interface WorkerFixtures {
  /** windows of several workers of Playwright have a display each, so that they do not take the focus from each other */
  display: string | undefined;
}

export const test = base.extend<Fixtures & ProgramOption, WorkerFixtures>({
  packaged: [false, { option: true }],
  display: [
    async ({}, use, { parallelIndex }) => {
      if (process.platform !== 'linux' || parallelIndex === 0) return use(process.env['DISPLAY']);
      const { name, end } = await startDisplay();
      process.env['DISPLAY'] = name;
      await use(name);
      end();
    },
    { scope: 'worker', auto: true },
  ],
  folder: async ({}, use) => {
    const scratch = await mkdtemp(path.join(tmpdir(), 'descry-e2e-'));
    await use(async (name) => {
      const folder = path.join(scratch, name);
      await mkdir(folder, { recursive: true });
      return folder;
    });
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  },
  start: async ({ folder, packaged: isPackaged }, use) => {
    const apps: DescryApp[] = [];
    await use(async (options = {}) => {
      const home = options.home ?? (await folder('home'));
      const app = new DescryApp(...(await launch(isPackaged, home, options)), home);
      apps.push(app);
      return app;
    });
    for (const app of apps) await app.close().catch(() => undefined);
  },
  startBeside: async ({ packaged: isPackaged }, use) => {
    await use((home, args) => {
      const program = isPackaged ? packagedProgram : developmentProgram;
      const child = spawn(program, commandLine(isPackaged, args), { env: environment(home), stdio: 'ignore' });
      return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', resolve);
      });
    });
  },
  descry: async ({ start }, use) => {
    const app = await start();
    await app.window.waitForLoadState('load');
    await use(app);
  },
});

export { expect } from '@playwright/test';
