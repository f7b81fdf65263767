/** The fuses of the packaged program: features of Electron that are switched on or off in its binary. */
import { flipFuses, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';

/** Every fuse of the installed @electron/fuses: a version with another fuse does not type-check. */
export const fuses: Readonly<Record<FuseV1Options, boolean>> = {
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  // The default: without them WebAssembly, which decodes photos, checks the bounds of every access itself.
  [FuseV1Options.WasmTrapHandlers]: true,
};

/**
 * Sets all fuses that this Electron has; an older one has fewer.
 *
 * @param program the packaged program, on macOS its bundle
 * @throws if Electron has a fuse that is not in the list above
 */
export async function setFuses(program: string): Promise<void> {
  const wire = await getCurrentFuseWire(program);
  const present = Object.entries(fuses).filter(([fuse]) => fuse in wire);
  await flipFuses(program, {
    ...(Object.fromEntries(present) as typeof fuses),
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
  });
}
