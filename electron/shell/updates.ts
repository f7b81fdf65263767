/**
 * Looks for updates while the user has said yes to it (settings, `lookForUpdates`), and never else: the library that does it is
 * not even loaded before. docs/security.md says what is asked of whom.
 */
import { app } from 'electron';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AppInfo } from '../ipc/contract.ts';
import type { UpdateSource } from '../services/update/feed.ts';
import { installation } from '../services/update/installation.ts';
import { notify } from './notifications.ts';
import type { Logger } from './logging.ts';
import { texts } from './texts.ts';

/** The start is for the user's photos. */
const firstAfterMs = 60_000;
const everyMs = 24 * 60 * 60_000;

export interface UpdatesOptions {
  /** for downloads */
  readonly folder: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly show: () => void;
  readonly firstAfter?: number;
}

export class Updates {
  readonly #options: UpdatesOptions;
  #timer: NodeJS.Timeout | undefined;
  /** version that the user has been told of */
  #told: string | undefined;

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  /** Takes the user's setting. */
  follow(wanted: boolean): void {
    if (!wanted || source === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setTimeout(() => void this.#look(source), this.#options.firstAfter ?? firstAfterMs);
  }

  async #look(from: UpdateSource): Promise<void> {
    const { folder, log, show } = this.#options;
    try {
      const { update } = await import('../services/update/update-program.ts');
      const program = {
        version: app.getVersion(),
        name: app.name,
        isPackaged: app.isPackaged,
        quit: () => app.quit(),
        relaunch: () => app.relaunch(),
        onQuit: (listener: (code: number) => void) => void app.once('quit', (_event, code) => listener(code)),
      };
      const found = await update({ source: from, program, installation: installation(), folder, log });
      log.info(`update: ${found.state}${'version' in found ? ` ${found.version}` : ''}`);
      if (found.state !== 'none' && found.version !== this.#told) {
        this.#told = found.version;
        notify(texts.notifications.updates[found.state](found.version), show);
      }
    } catch (error) {
      // The next day, it is tried again; a computer without a connection is no trouble worth a message.
      log.warn('update: it could not be looked for', error);
    }
    // Unless the user has said no meanwhile.
    if (this.#timer !== undefined) this.#timer = setTimeout(() => void this.#look(from), everyMs);
  }
}

/** Of this build; undefined where it was not made for releases. */
const source = readSource();

/** What the window says of them. */
export function updatesOfThisBuild(): AppInfo['updates'] {
  if (source === undefined) return null;
  return { host: new URL(source.url).host, installs: installation() !== 'told' };
}

function readSource(): UpdateSource | undefined {
  try {
    const { updates } = JSON.parse(readFileSync(path.join(app.getAppPath(), 'package.json'), 'utf8')) as {
      updates?: Partial<UpdateSource>;
    };
    // Checked with its schema before it is used; a schema here would be loaded with the window.
    return updates?.url && updates.publicKey ? (updates as UpdateSource) : undefined;
  } catch {
    return undefined;
  }
}
