/** The encoders that can be fetched, against the table of what public projects pin. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesOf, catalogue, filesOf, pageOf } from '../../electron/services/encoders/catalogue.ts';
import { expectedEncoder } from '../../electron/services/encoders/describe.ts';
import { hubAddress } from '../../electron/services/encoders/hub.ts';
import { requireSecure } from '../../electron/services/assets/https-file.ts';
import { encoderId } from '../../models/contract/added-encoder.ts';

const table = path.resolve(import.meta.dirname, '../../../shared/clip/README.md');

describe('the catalogue', () => {
  it.skipIf(!existsSync(table))('has the files, sizes, hashes and revisions of the table, and no others', () => {
    let repository = '';
    const pinned = new Set<string>();
    for (const line of readFileSync(table, 'utf8').split('\n')) {
      const [, from, file, bytes, sha256] = line.split('|').map((cell) => cell.trim());
      if (!/^[0-9a-f]{64}$/.test(sha256 ?? '')) continue;
      repository = /^(\S+ @ \S+)/.exec(from!)?.[1] ?? repository;
      pinned.add([repository, file, Number(bytes!.replaceAll(',', '')), sha256].join(' '));
    }
    const own = catalogue
      .flatMap(({ files }) => filesOf(files))
      .map((file) => [`${file.repository} @ ${file.revision}`, file.path, file.bytes, file.sha256].join(' '));
    expect(pinned.size).toBe(9);
    expect(new Set(own)).toEqual(pinned);
  });

  it('says how much is fetched, as its files say', () => {
    for (const { about, files } of catalogue) {
      expect(about).toContain(`${Math.round(bytesOf(filesOf(files)) / 1e6)} MB to fetch`);
    }
  });

  it('has names that folders and models can have, each once', () => {
    const ids = catalogue.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => encoderId.safeParse(id).success)).toBe(true);
    expect(catalogue.map(expectedEncoder).map(({ id }) => id)).toEqual(ids);
  });

  it('names pages at the revision', () => {
    expect(pageOf(catalogue[0]!)).toBe(
      'https://huggingface.co/Xenova/clip-vit-base-patch32/tree/d15189d7028b43f1d3e65039190477f6af591c2a',
    );
  });
});

describe('the address of the hub', () => {
  it('is huggingface.co, or a mirror that is named, by HTTPS', () => {
    expect(hubAddress({})).toBe('https://huggingface.co');
    expect(hubAddress({ DESCRY_ENCODERS_URL: 'https://mirror.example/hub/' })).toBe('https://mirror.example/hub');
    expect(() => hubAddress({ DESCRY_ENCODERS_URL: 'http://mirror.example' })).toThrow(/no HTTPS address/);
  });

  it('may be plain HTTP on this computer only', () => {
    for (const address of ['http://127.0.0.1:8000/', 'http://localhost/', 'http://[::1]:80/']) requireSecure(address);
    for (const address of [
      'http://127.0.0.1.example/',
      'http://localhost.example',
      'http://0.0.0.0',
      'file:///etc/passwd',
      'x',
    ]) {
      expect(() => requireSecure(address), address).toThrow(/no HTTPS address/);
    }
  });
});
