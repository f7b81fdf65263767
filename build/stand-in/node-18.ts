/**
 * Polyfills of features that Descry and its packages need and that the stand-in, Electron 25 with Node 18, lacks. Every program
 * that is bundled for the stand-in loads this first (build/bundles.ts); bundles for the real Electron do not contain it.
 */
import diagnostics from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Float16Array } from '@petamoriken/float16';

if (!('Float16Array' in globalThis)) Object.assign(globalThis, { Float16Array });

if (!('withResolvers' in Promise)) {
  Object.assign(Promise, {
    withResolvers<T>() {
      let resolve!: (value: T) => void;
      let reject!: (reason?: unknown) => void;
      const promise = new Promise<T>((onResolve, onReject) => {
        resolve = onResolve;
        reject = onReject;
      });
      return { promise, resolve, reject };
    },
  });
}

if (!('groupBy' in Map)) {
  Object.assign(Map, {
    groupBy<K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]> {
      const groups = new Map<K, T[]>();
      let index = 0;
      for (const item of items) {
        const key = keyOf(item, index++);
        const group = groups.get(key);
        if (group) group.push(item);
        else groups.set(key, [item]);
      }
      return groups;
    },
  });
}

// The signal lives as long as the others, which is enough for a test.
(AbortSignal as { any?: (signals: AbortSignal[]) => AbortSignal }).any ??= (signals) => {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
};

// lru-cache (of npm's packages) creates a channel at import, and publishes only if there are subscribers.
const channels = diagnostics as { tracingChannel?: (name: string) => object };
channels.tracingChannel ??= () => ({ hasSubscribers: false });

/** better-sqlite3's own addon needs a newer Node-API; this one was compiled for Node 18 (build/stand-in/runtime.ts). */
const sqlite = [
  path.join(path.dirname(process.execPath), 'resources', 'native', 'better_sqlite3.node'), // packaged
  path.resolve(__dirname, '..', '.runtime', 'native', 'better_sqlite3.node'),
].find((file) => existsSync(file));
if (sqlite !== undefined) {
  const load = process.dlopen;
  process.dlopen = (module, file, ...rest) =>
    load.call(process, module, /better-sqlite3[^\\/]*[\\/].*\.node$/.test(file) ? sqlite : file, ...rest);
}

// Only the main process has a clipboard; this implements the part of the newer API that Descry uses.
if (process.type === 'browser') {
  /* eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be a copy, which cannot be added to */
  const electron = require('electron') as Record<string, unknown>;
  const { clipboard, nativeImage } = electron as {
    clipboard: {
      write: unknown;
      writeImage(image: Electron.NativeImage): void;
      writeBuffer(format: string, buffer: Buffer): void;
    };
    nativeImage: typeof Electron.nativeImage;
  };
  class ClipboardItem {
    readonly items: Record<string, Blob>;
    constructor(items: Record<string, Blob>) {
      this.items = items;
    }
  }
  electron['ClipboardItem'] = ClipboardItem;
  clipboard.write = async ([item]: [ClipboardItem]) => {
    const png = item.items['image/png'];
    if (png) {
      clipboard.writeImage(nativeImage.createFromBuffer(Buffer.from(await png.arrayBuffer())));
      return;
    }
    // Each call of writeBuffer replaces what the one before has written: only the last format stays.
    for (const [type, blob] of Object.entries(item.items)) {
      const format = /;format="(.+)"$/.exec(type)?.[1];
      if (format !== undefined) clipboard.writeBuffer(format, Buffer.from(await blob.arrayBuffer()));
    }
  };
}
