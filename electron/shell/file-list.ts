/**
 * Files on the clipboard, as file managers and mail programs take them. Each system has its own format:
 *
 * - Linux: text/uri-list (RFC 2483), and GNOME's own, which Files, Nemo and Caja ask for;
 * - macOS: a property list of paths, NSFilenamesPboardType;
 * - Windows: CF_HDROP, which has no registered name and which Electron therefore cannot write (electron/electron#11838).
 *   Windows PowerShell, which every Windows has, can.
 */
/** by the name of the format; a clipboard holds all of them at once */
export type ClipboardFormats = Readonly<Record<string, string>>;

export const gnomeFiles = 'x-special/gnome-copied-files';

/** @param files absolute paths; @returns undefined where Electron cannot write a list of files */
export function fileListFormats(files: readonly string[], platform: NodeJS.Platform): ClipboardFormats | undefined {
  if (platform === 'win32') return undefined;
  if (platform === 'darwin') return { NSFilenamesPboardType: propertyList(files) };
  const addresses = files.map(address);
  return {
    'text/uri-list': addresses.map((address) => `${address}\r\n`).join(''),
    [gnomeFiles]: ['copy', ...addresses].join('\n'),
  };
}

/** Not by Node's pathToFileURL (24.21), which drops control characters at the end of a name: the address of another file. */
const address = (file: string) => `file://${encodeURI(file.toWellFormed()).replace(/[?#]/g, encodeURIComponent)}`;

function propertyList(files: readonly string[]): string {
  const strings = files.map((file) => `<string>${escaped(file)}</string>`).join('');
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">' +
    `<plist version="1.0"><array>${strings}</array></plist>`
  );
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Arguments of powershell.exe for a command that reads the files from its input. In Base64, as UTF-8 with a NUL between
 * them: what the console takes for text is not the same on every Windows.
 */
export const powershellFileList = (files: readonly string[]): { args: string[]; input: string } => ({
  args: [
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    'Set-Clipboard -LiteralPath ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String([Console]::In.ReadToEnd())).Split([char]0))',
  ],
  input: Buffer.from(files.join('\0'), 'utf8').toString('base64'),
});
