/**
 * Loads sharp, and its WebAssembly build where the native one would clash.
 *
 * sharp's native libvips carries a GLib of its own. Inside Electron on Linux GTK has brought another one into every
 * process, and two GLibs crash (lovell/sharp#4522, #4525). There the WebAssembly build takes its place, by redirecting the
 * one module that sharp loads; `DESCRY_SHARP_WASM=1` forces it elsewhere.
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

/** sharp, loaded at the first photo, and only with the decoders that we mean to use. */
export function loadSharp(): SharpModule {
  if (loaded) return loaded;
  const sharp = usesWasm() ? requireWasm() : requireSharp();
  // A photo is opened once: a cache of decoded ones would only take memory.
  sharp.cache(false);
  // Photos are decoded several at a time; threads within one would get in each other's way.
  sharp.concurrency(1);
  // No SVG, PDF or other format that could hide in a file of another name (the format is also checked by its first bytes).
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
