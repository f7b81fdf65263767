import { describe, expect, it } from 'vitest';
import { fileListFormats, gnomeFiles, powershellFileList } from '../../electron/shell/file-list.ts';

const files = ['/home/anna/a b.jpg', '/home/anna/ü & <c>.jpg'];

describe('files on the clipboard', () => {
  it.skipIf(process.platform === 'win32')('on Linux are addresses, for file managers of both kinds', () => {
    const formats = fileListFormats(files, 'linux')!;
    expect(formats['text/uri-list']).toBe(
      'file:///home/anna/a%20b.jpg\r\nfile:///home/anna/%C3%BC%20&%20%3Cc%3E.jpg\r\n',
    );
    expect(formats[gnomeFiles]).toBe('copy\nfile:///home/anna/a%20b.jpg\nfile:///home/anna/%C3%BC%20&%20%3Cc%3E.jpg');
  });

  it('on Linux are those of the names, however odd', () => {
    const odd = ['/a\v', '/b \x1f', '/c?d#e%20', '/f\n'];
    const addresses = fileListFormats(odd, 'linux')!['text/uri-list']!;
    expect(addresses).toBe('file:///a%0B\r\nfile:///b%20%1F\r\nfile:///c%3Fd%23e%2520\r\nfile:///f%0A\r\n');
  });

  it('on macOS are a property list', () => {
    const list = fileListFormats(files, 'darwin')!['NSFilenamesPboardType']!;
    expect(list).toContain(
      '<array><string>/home/anna/a b.jpg</string><string>/home/anna/ü &amp; &lt;c&gt;.jpg</string></array>',
    );
  });

  it('on Windows go through PowerShell, whatever their names hold', () => {
    expect(fileListFormats(files, 'win32')).toBeUndefined();
    const windows = ['C:\\Bilder\\ü.jpg', "C:\\Bilder\\it's (1).jpg"];
    const { args, input } = powershellFileList(windows);
    expect(args.at(-1)).toMatch(/^Set-Clipboard -LiteralPath /);
    expect(Buffer.from(input, 'base64').toString('utf8').split('\0')).toEqual(windows);
  });
});
