/** What the scan of a folder finds, and what it leaves out and says so. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Watcher } from '../../electron/services/library/watcher.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let base: string;
beforeEach(async () => {
  base = scratch('scan').folder;
  tiny = await tinyLibrary(base);
});
afterEach(async () => {
  await tiny.descry.close();
  // `rm` comes down to paths that are too long for Node.
  if (process.platform === 'win32') rmSync(base, { recursive: true, force: true });
  else execFileSync('rm', ['-rf', base]);
});

const at = (...parts: string[]) => path.join(tiny.photos, ...parts);
const shown = () =>
  tiny.descry.library
    .folders()
    .flatMap(({ id }) => tiny.descry.store.photos.inFolder(id))
    .map((photo) => path.relative(tiny.photos, photo.path))
    .sort();
/** path → reason */
const leftOut = () =>
  Object.fromEntries(
    tiny.descry.library.overview('default').folders.flatMap(({ id, leftOut: counts }) =>
      counts.flatMap(({ reason, count }) => {
        const paths = tiny.descry.store.leftOut.list(id, reason);
        expect(paths).toHaveLength(count);
        return paths.map((file) => [path.relative(tiny.photos, file), reason]);
      }),
    ),
  );
async function scan(folder = tiny.photos) {
  const { id } = await tiny.descry.library.add(folder);
  await tiny.descry.library.scan(id);
  return id;
}

describe('symbolic links', () => {
  it('to photos and folders of the library are no second photos, whichever of its folders they are in', async () => {
    tiny.write({ 'a/1.jpg': '1', 'b/2.jpg': '2' });
    symlinkSync(at('a/1.jpg'), at('b/link.jpg'));
    symlinkSync(at('a'), at('b/folder'));
    symlinkSync('../b', at('a/other folder'));
    await tiny.descry.library.addAll([at('a'), at('b')]);
    for (const { id } of tiny.descry.library.folders()) await tiny.descry.library.scan(id);
    expect(shown()).toEqual(['a/1.jpg', 'b/2.jpg']);
    expect(leftOut()).toEqual({
      'a/other folder': 'link-inside',
      'b/folder': 'link-inside',
      'b/link.jpg': 'link-inside',
    });
  });

  it('end in loops without the scan hanging', async () => {
    tiny.write({ 'a/b/1.jpg': '1' });
    symlinkSync(tiny.photos, at('a/b/up'));
    symlinkSync('.', at('a/here'));
    symlinkSync('itself.jpg', at('itself.jpg'));
    symlinkSync('pong', at('ping'));
    symlinkSync('ping', at('pong'));
    await scan();
    expect(shown()).toEqual(['a/b/1.jpg']);
    expect(leftOut()).toEqual({
      'a/b/up': 'link-inside',
      'a/here': 'link-inside',
      'itself.jpg': 'link-nowhere',
      ping: 'link-nowhere',
      pong: 'link-nowhere',
    });
  });

  it('that lead outside of the library are named, and nothing there is shown', async () => {
    mkdirSync(path.join(base, 'private'));
    writeFileSync(path.join(base, 'private/secret.jpg'), 's');
    writeFileSync(path.join(base, 'private/notes.txt'), 'n');
    symlinkSync(path.join(base, 'private'), at('folder'));
    symlinkSync(path.join(base, 'private/secret.jpg'), at('photo.jpg'));
    symlinkSync(path.join(base, 'private/notes.txt'), at('notes.txt'));
    tiny.write({ 'a.jpg': 'a' });
    await scan();
    expect(shown()).toEqual(['a.jpg']);
    expect(leftOut()).toEqual({ folder: 'link-outside', 'photo.jpg': 'link-outside' });
    // As the reason says, the folder can be added, and then the links lead to what is in the library.
    await scan(path.join(base, 'private'));
    await scan();
    expect(shown()).toEqual(['../private/secret.jpg', 'a.jpg']);
    expect(leftOut()).toEqual({ folder: 'link-inside', 'photo.jpg': 'link-inside' });
  });

  it('into a hidden folder of the library are followed, once for each photo, as in a folder of git-annex', async () => {
    tiny.write({ '.git/annex/1.jpg': '1', '.git/annex/deep/2.jpg': '2', 'a.jpg': 'a', 'Private/p.jpg': 'p' });
    symlinkSync('.git/annex/1.jpg', at('first.jpg'));
    symlinkSync('.git/annex/1.jpg', at('second.jpg'));
    symlinkSync('.git/annex', at('all'));
    symlinkSync('../../..', at('.git/annex/deep/up'));
    symlinkSync('..', at('.git/annex/deep/round'));
    symlinkSync('Private/p.jpg', at('excluded.jpg'));
    const { id } = await tiny.descry.library.add(tiny.photos);
    tiny.descry.library.setExcludes(id, ['Private']);
    await tiny.descry.library.scan(id);
    const found = shown();
    // Which of the ways to a photo is met first depends on the order of the directory.
    expect(found.filter((file) => ['first.jpg', 'second.jpg', 'all/1.jpg'].includes(file))).toHaveLength(1);
    expect(found).toEqual(expect.arrayContaining(['a.jpg', 'all/deep/2.jpg']));
    expect(found).toHaveLength(3);
    expect(Object.keys(leftOut())).toHaveLength(4);
    expect(new Set(Object.values(leftOut()))).toEqual(new Set(['link-inside']));
  });

  it('and a registered folder that is a link itself is the folder that it leads to', async () => {
    mkdirSync(path.join(base, 'real'));
    writeFileSync(path.join(base, 'real/a.jpg'), 'a');
    symlinkSync(path.join(base, 'real'), at('link'));
    const id = await scan(at('link'));
    expect(tiny.descry.store.photos.inFolder(id).map((photo) => photo.path)).toEqual([path.join(base, 'real/a.jpg')]);
  });

  it('take the place of a subfolder and of a photo: what was there is shown no more', async () => {
    mkdirSync(path.join(base, 'private'));
    writeFileSync(path.join(base, 'private/a.jpg'), 's');
    tiny.write({ 'sub/a.jpg': 'a', ...many(10) });
    await scan();
    rmSync(at('sub'), { recursive: true });
    symlinkSync(path.join(base, 'private'), at('sub'));
    rmSync(at('0.jpg'));
    symlinkSync(path.join(base, 'private/a.jpg'), at('0.jpg'));
    await scan();
    expect(shown()).toEqual(Object.keys(many(10)).slice(1).sort());
    expect(leftOut()).toEqual({ '0.jpg': 'link-outside', sub: 'link-outside' });
  });
});

describe('names and places that cannot be opened', () => {
  it('are named where they are not valid text', async (context) => {
    const name = (text: string) => Buffer.concat([Buffer.from(at('Stra')), Buffer.from([0xdf]), Buffer.from(text)]);
    try {
      writeFileSync(name('e.jpg'), '1');
    } catch (error) {
      console.warn(`skipped: this file system takes only names that are valid text (${String(error)})`);
      return context.skip();
    }
    mkdirSync(name('en'));
    writeFileSync(name('.txt'), 'no photo');
    tiny.write({ 'really \uFFFD.jpg': '2', 'Straße.jpg': '3', 'Stra\uFFFDe.jpg': '4' });
    await scan();
    expect(shown()).toEqual(['really \uFFFD.jpg', 'Stra\uFFFDe.jpg', 'Straße.jpg'].sort());
    const names = leftOut();
    expect(names['Stra\uFFFDen']).toBe('name-not-text');
    expect(tiny.descry.store.leftOut.counts().get(1)).toEqual([{ reason: 'name-not-text', count: 2 }]);
  });

  it.skipIf(process.platform === 'win32')(
    'are named where their paths are too long, and 200 folders deep is not',
    async () => {
      const deep = Array.from({ length: 200 }, () => 'd').join('/');
      tiny.write({ [`${deep}/deep.jpg`]: 'd' });
      // Such paths can only be made step by step.
      const nest = `for (let i = 0; i < 25; i++) { fs.mkdirSync('${'x'.repeat(200)}'); process.chdir('${'x'.repeat(200)}'); fs.writeFileSync('p.jpg', ''); }`;
      execFileSync(process.execPath, ['-e', nest], { cwd: tiny.photos });
      const started = performance.now();
      await scan();
      expect(performance.now() - started).toBeLessThan(20_000);
      const found = shown();
      expect(found).toContain(`${deep}/deep.jpg`);
      expect(found.length).toBeGreaterThan(15);
      const reasons = leftOut();
      expect(Object.values(reasons)).toContain('path-too-long');
      expect(new Set(Object.values(reasons))).toEqual(new Set(['path-too-long']));
    },
  );

  it.skipIf(process.platform === 'win32')(
    'are named where they may not be read; what was found there stays',
    async () => {
      tiny.write({ 'closed/1.jpg': '1', 'listed/2.jpg': '2', 'open/3.jpg': '3' });
      const id = await scan();
      const asUser = process.getuid!() === 0 ? 65_534 : process.getuid!();
      execFileSync('chown', ['-R', String(asUser), base]);
      chmodSync(at('closed'), 0o000);
      chmodSync(at('listed'), 0o400);
      const rescan = async () => {
        process.seteuid!(asUser);
        try {
          await tiny.descry.library.scan(id);
        } finally {
          process.seteuid!(process.getuid!());
        }
      };
      await rescan();
      expect(shown()).toEqual(['closed/1.jpg', 'listed/2.jpg', 'open/3.jpg']);
      expect(leftOut()).toEqual({ closed: 'folder-no-permission', 'listed/2.jpg': 'file-no-permission' });
      chmodSync(at('closed'), 0o700);
      chmodSync(at('listed'), 0o700);
      writeFileSync(at('closed/new.jpg'), 'new');
      chownSync(at('closed/new.jpg'), asUser, asUser);
      await rescan();
      expect(shown()).toContain('closed/new.jpg');
      expect(leftOut()).toEqual({});
    },
  );

  it.skipIf(process.platform === 'win32')('are named where they are pipes, sockets or devices', async () => {
    execFileSync('mkfifo', [at('pipe.jpg')]);
    symlinkSync('/dev/null', at('device.jpg'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('socket.png'), resolve));
    await scan();
    server.close();
    expect(shown()).toEqual([]);
    expect(leftOut()).toEqual({ 'pipe.jpg': 'not-a-file', 'device.jpg': 'not-a-file', 'socket.png': 'not-a-file' });
  });

  it('are named where they are in the cloud only', async () => {
    tiny.write({ '.beach.jpg.icloud': 'placeholder', '.notes.txt.icloud': 'placeholder' });
    await scan();
    expect(leftOut()).toEqual({ 'beach.jpg': 'in-the-cloud' });
  });

  it('are counted, and a folder without photos is refused with what is left out of it', async () => {
    tiny.write(Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`${i}.mov`, ''])));
    const { library, store } = tiny.descry;
    const folder = await library.add(tiny.photos);
    const report = await library.scan(folder.id);
    expect(library.overview('default').folders[0]!.leftOut).toEqual([{ reason: 'video', count: 1200 }]);
    expect(store.leftOut.list(folder.id, 'video', 1190, 50)).toHaveLength(10);
    expect(() => library.requirePhotos(folder, report)).toThrow(/Not shown: 1,200 videos\. Name the folder/);
    library.remove(folder.id);
    expect(store.leftOut.counts().size).toBe(0);
  });
});

describe('camera raw files and videos beside a photo', () => {
  it('are one photo with it, by the exact name in the same folder, in any case of letters', async () => {
    tiny.write({
      'IMG_1.CR2': 'r',
      'img_1.jpg': 'p',
      '_DSC2.ARW': 'r',
      '_DSC2.HIF': 'p',
      'IMG_3.HEIC': 'p',
      'IMG_3.MOV': 'v',
      'IMG_4.NEF': 'r',
      'IMG_4-edited.jpg': 'p',
      'IMG_5.DNG': 'r',
      'sub/IMG_5.jpg': 'p',
      'IMG_6.RAF': 'r',
      'IMG_6.png': 'p',
      'clip.mp4': 'v',
    });
    await scan();
    expect(shown()).toEqual(
      [
        'img_1.jpg',
        '_DSC2.HIF',
        'IMG_3.HEIC',
        'IMG_4.NEF',
        'IMG_4-edited.jpg',
        'IMG_5.DNG',
        'sub/IMG_5.jpg',
        'IMG_6.RAF',
        'IMG_6.png',
      ].sort(),
    );
    expect(leftOut()).toEqual({
      'IMG_1.CR2': 'raw-of-photo',
      '_DSC2.ARW': 'raw-of-photo',
      'IMG_3.MOV': 'video-of-photo',
      'clip.mp4': 'video',
    });
  });

  it('take its place when it is excluded or deleted, and give it back, without a question about vanished photos', async () => {
    tiny.write({ '1.CR2': 'r', '1.JPG': 'p', '2.NEF': 'r', '2.JPG': 'p' });
    const id = await scan();
    tiny.descry.library.setExcludes(id, ['*.jpg']);
    await tiny.descry.library.scan(id);
    expect(shown()).toEqual(['1.CR2', '2.NEF']);
    expect(leftOut()).toEqual({});
    tiny.descry.library.setExcludes(id, []);
    await tiny.descry.library.scan(id);
    expect(shown()).toEqual(['1.JPG', '2.JPG']);
    expect(leftOut()).toEqual({ '1.CR2': 'raw-of-photo', '2.NEF': 'raw-of-photo' });
  });

  it('follow what happens to it while the folder is watched', async () => {
    tiny.write({ 'IMG.CR2': 'r', 'IMG.JPG': 'p', 'other.jpg': 'o', ...many(10) });
    const others = [...Object.keys(many(10)), 'other.jpg'];
    const watcher = new Watcher(tiny.descry.library, silentLog, () => undefined);
    try {
      await watcher.start(await tiny.descry.library.add(tiny.photos));
      const seen = (files: string[]) => expect.poll(shown, { timeout: 8000 }).toEqual([...others, ...files].sort());
      await seen(['IMG.JPG']);
      rmSync(at('IMG.JPG'));
      await seen(['IMG.CR2']);
      expect(leftOut()).toEqual({});
      tiny.write({ 'IMG.JPG': 'p again' });
      await seen(['IMG.JPG']);
      expect(leftOut()).toEqual({ 'IMG.CR2': 'raw-of-photo' });
      renameSync(at('IMG.CR2'), at('new.CR2'));
      await seen(['IMG.JPG', 'new.CR2']);
      tiny.write({ 'clip.mov': 'v' });
      symlinkSync('nowhere', at('broken'));
      await expect.poll(leftOut, { timeout: 8000 }).toEqual({ 'clip.mov': 'video', broken: 'link-nowhere' });
      rmSync(at('clip.mov'));
      rmSync(at('broken'));
      await expect.poll(leftOut, { timeout: 8000 }).toEqual({});
    } finally {
      await watcher.close();
    }
  });
});
