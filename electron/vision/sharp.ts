/**
 * Loads sharp, or its WebAssembly build where the native one would crash.
 *
 * sharp's native libvips includes GLib. Inside Electron on Linux, GTK has already loaded another GLib into every process, and
 * two of them crash (lovell/sharp#4522, #4525). There the WebAssembly build is used, by redirecting the module that sharp
 * loads; `DESCRY_SHARP_WASM=1` forces it on other systems.
 */
import Module, { createRequire } from 'node:module';
import type Sharp from 'sharp';

type SharpModule = typeof Sharp;

const nativeModule = /^@img\/sharp-[^/]+\/sharp\.node$/;
const wasmModule = '@img/sharp-wasm32/sharp.node';

export function usesWasm(environment: NodeJS.ProcessEnv = process.env): boolean {
  return (
    environment['DESCRY_SHARP_WASM'] === '1' ||
    (process.platform === 'linux' && process.versions['electron'] !== undefined)
  );
}

let loaded: SharpModule | undefined;

/** Loads sharp for the first photo, with only the decoders that Descry uses. */
export function loadSharp(): SharpModule {
  if (loaded) return loaded;
  const sharp = usesWasm() ? requireWasm() : requireSharp();
  // A photo is opened once, so a cache of decoded photos would only use memory.
  sharp.cache(false);
  // Several photos are decoded at once, so one thread per photo is enough.
  sharp.concurrency(1);
  // No SVG, PDF or other formats, whatever the file's extension (the first bytes are also checked).
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Tiff', 'Nsgif'].map((name) => `VipsForeignLoad${name}`),
  });
  loaded = sharp;
  return sharp;
}

const requireSharp = () => createRequire(import.meta.url)('sharp') as SharpModule;

function requireWasm(): SharpModule {
  const resolver = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string };
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = function (request, ...rest) {
    return resolve.call(this, nativeModule.test(request) ? wasmModule : request, ...rest);
  };
  try {
    return requireSharp();
  } finally {
    resolver._resolveFilename = resolve;
  }
}
