import { statSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { photoUrl, type Picture } from '../../electron/ipc/photo-url.ts';
import { answerPage } from '../../electron/shell/app-protocol.ts';
import { parsePhotoAddress } from '../../electron/shell/photo-address.ts';
import { isBelow } from '../../electron/services/shared/paths.ts';
import { answerPhoto, type PhotoSource } from '../../electron/shell/photo-protocol.ts';

describe('an address of photo://', () => {
  test('is read where it is one that the page makes', () => {
    expect(parsePhotoAddress(photoUrl.thumbnail(17))).toEqual({ kind: 'thumbnail', content: 17 });
    expect(parsePhotoAddress(photoUrl.decoded(3))).toEqual({ kind: 'decoded', content: 3 });
    expect(parsePhotoAddress(photoUrl.preview(999_999_999_999))).toEqual({ kind: 'preview', content: 999_999_999_999 });
  });

  test.each([
    'photo://library/thumbnail/',
    'photo://library/thumbnail/0',
    'photo://library/thumbnail/-1',
    'photo://library/thumbnail/01',
    'photo://library/thumbnail/1.5',
    'photo://library/thumbnail/1e3',
    'photo://library/thumbnail/0x10',
    'photo://library/thumbnail/1/',
    'photo://library/thumbnail/1/2',
    'photo://library/thumbnail//1',
    'photo://library/thumbnail/ 1',
    'photo://library/thumbnail/1\n',
    'photo://library/thumbnail/%31',
    'photo://library/thumbnail/١',
    'photo://library/thumbnail/1?v=2',
    'photo://library/thumbnail/1#x',
    'photo://library/thumbnail/9999999999999999',
    'photo://library/original/1',
    'photo://library/../thumbnail/1',
    'photo://library/preview/..%2f..%2fetc%2fpasswd',
    'photo://library:80/thumbnail/1',
    'photo://user@library/thumbnail/1',
    'photo://library.example/thumbnail/1',
    'photo://other/thumbnail/1',
    'photo:///library/thumbnail/1',
    'photo:/library/thumbnail/1',
    'PHOTO://library/thumbnail/1',
    'xphoto://library/thumbnail/1',
    'file:///etc/passwd',
    '',
  ])('is refused where it is %j', (address) => {
    expect(parsePhotoAddress(address)).toBeUndefined();
  });
});

describe('a file', () => {
  test.each([
    ['/photos/a.jpg', '/photos', true],
    ['/photos/2024/a.jpg', '/photos', true],
    ['/photos/..a.jpg', '/photos', true],
    ['/photos-private/a.jpg', '/photos', false],
    ['/photos', '/photos', false],
    ['/', '/photos', false],
    ['/photos/../etc/passwd', '/photos', false],
    ['/a.jpg', '/', true],
  ])('%s inside %s: %s', (file, folder, inside) => {
    expect(isBelow(file, folder)).toBe(inside);
  });
});

describe('what photo:// answers', () => {
  let scratch: string;
  let photos: string;
  let logged: string[];

  beforeEach(async () => {
    scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'descry-protocol-')));
    photos = path.join(scratch, 'photos');
    logged = [];
    await mkdir(photos);
    await mkdir(path.join(scratch, 'photos-private'));
    await writeFile(path.join(photos, 'one.jpg'), 'the first photo');
    await writeFile(path.join(scratch, 'photos-private', 'secret.jpg'), 'a secret');
  });

  /** as it was indexed: the file as it is now */
  const file = (place: string, type = 'image/jpeg'): Picture => {
    const found = statSync(place, { throwIfNoEntry: false });
    return { kind: 'file', path: place, type, bytes: found?.size ?? 0, modified: Math.floor(found?.mtimeMs ?? 0) };
  };
  const ask = (content: Picture | undefined | Error, roots = [photos]) => {
    const give = async () => {
      if (content instanceof Error) throw content;
      return content;
    };
    const source: PhotoSource = { roots: () => Promise.resolve(roots), thumbnail: give, preview: give, decoded: give };
    return answerPhoto(photoUrl.preview(1), source, (message) => logged.push(message));
  };

  test('the bytes of a file inside a registered folder, typed and of known length', async () => {
    const answer = await ask(file(path.join(photos, 'one.jpg')));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    expect(answer.headers.get('content-length')).toBe('15');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('private, max-age=300');
    expect(await answer.text()).toBe('the first photo');
  });

  test('bytes that were made', async () => {
    const answer = await ask({ kind: 'bytes', bytes: new Uint8Array([1, 2, 3]), type: 'image/webp' });
    expect(answer.headers.get('content-type')).toBe('image/webp');
    expect(answer.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('an empty file as no bytes', async () => {
    await writeFile(path.join(photos, 'empty.jpg'), '');
    const answer = await ask(file(path.join(photos, 'empty.jpg')));
    expect(answer.headers.get('content-length')).toBe('0');
    expect(await answer.text()).toBe('');
  });

  test.each([
    ['a neighbour whose name begins alike', () => path.join(scratch, 'photos-private', 'secret.jpg')],
    ['a path that climbs out', () => `${photos}/../photos-private/secret.jpg`],
  ])('403 for %s', async (_, place) => {
    const answer = await ask(file(place()));
    expect(answer.status).toBe(403);
    expect(await answer.text()).toBe('');
    expect(logged).toEqual([expect.stringContaining('outside')]);
  });

  test('403 for a link that leads out, though it lies inside', async () => {
    await symlink(path.join(scratch, 'photos-private', 'secret.jpg'), path.join(photos, 'link.jpg'));
    expect((await ask(file(path.join(photos, 'link.jpg')))).status).toBe(403);
  });

  test('403 for a subfolder, or the registered folder itself, that a link has replaced', async () => {
    const subfolder = path.join(photos, 'holiday');
    await mkdir(subfolder);
    await writeFile(path.join(subfolder, 'secret.jpg'), 'a photo');
    expect(await (await ask(file(path.join(subfolder, 'secret.jpg')))).text()).toBe('a photo');
    await rename(subfolder, `${subfolder} elsewhere`);
    await symlink(path.join(scratch, 'photos-private'), subfolder);
    expect((await ask(file(path.join(subfolder, 'secret.jpg')))).status).toBe(403);

    await rename(photos, `${photos} elsewhere`);
    await symlink(path.join(scratch, 'photos-private'), photos);
    expect((await ask(file(path.join(photos, 'secret.jpg')))).status).toBe(403);
  });

  test('a photo behind a link that leads to a place inside the folder', async () => {
    await symlink(path.join(photos, 'one.jpg'), path.join(photos, 'again.jpg'));
    expect(await (await ask(file(path.join(photos, 'again.jpg')))).text()).toBe('the first photo');
  });

  test('404 for a file that is not the one that was indexed', async () => {
    const place = path.join(photos, 'one.jpg');
    const indexed = file(place);
    await writeFile(place, 'another photo, which is longer');
    const answer = await ask(indexed);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('404 for an unknown photo, a missing file and an error, without a word to the page', async () => {
    for (const content of [undefined, file(path.join(photos, 'gone.jpg')), file(photos), new Error('/a/secret/path')]) {
      const answer = await ask(content);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toBe('');
    }
  });

  test('415 for what is not a picture', async () => {
    for (const type of ['text/html', 'image/svg+xml', 'application/pdf']) {
      expect((await ask(file(path.join(photos, 'one.jpg'), type))).status).toBe(415);
    }
  });

  test('503 as long as no library is open, 400 for a wrong address', async () => {
    expect((await answerPhoto(photoUrl.preview(1), undefined, () => undefined)).status).toBe(503);
    expect((await answerPhoto('photo://library/preview/one', undefined, () => undefined)).status).toBe(400);
  });
});

describe('what app:// answers', () => {
  test('a file of the page with the policy, nothing beside the page', async () => {
    const scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'descry-page-')));
    const page = path.join(scratch, 'renderer');
    await mkdir(page);
    await writeFile(path.join(page, 'index.html'), '<p>page</p>');
    await writeFile(path.join(page, 'notes.txt'), 'not of the page');
    await writeFile(path.join(scratch, 'main.js'), 'secret');
    const status = async (address: string) => (await answerPage(address, page)).status;

    const answer = await answerPage('app://descry/index.html', page);
    expect(await answer.text()).toBe('<p>page</p>');
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(answer.headers.get('content-security-policy')).not.toMatch(/unsafe|\*|http/);
    for (const address of [
      'app://descry/',
      'app://descry/notes.txt',
      'app://descry/missing.js',
      'app://descry/..%2fmain.js',
      'app://descry/%2e%2e/main.js',
      'app://elsewhere/index.html',
      'app://descry/%00.js',
      'app://descry/%E0%A4%A.js',
    ]) {
      expect([address, await status(address)]).toEqual([address, 404]);
    }
  });
});
