/** How this Descry was installed. `told`: it cannot replace itself, as a package of the system or an unpacked archive. */
export type Installation = 'nsis' | 'mac' | 'appimage' | 'told';

export function installation(
  platform: NodeJS.Platform = process.platform,
  environment: NodeJS.ProcessEnv = process.env,
): Installation {
  if (platform === 'win32') return 'nsis';
  if (platform === 'darwin') return 'mac';
  return environment['APPIMAGE'] ? 'appimage' : 'told';
}
