/** Adding an encoder from a folder can be stopped at any moment, and leaves nothing then. */
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AddedEncoders } from '../../electron/services/encoders/added.ts';
import { Adding } from '../../electron/services/encoders/adding.ts';
import { copyLargeFile } from '../../electron/services/encoders/copy-file.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { makeClipFolder } from '../fixtures/clip-stand-in.ts';
import { smallVocabulary } from '../fixtures/clip-tokenizer.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const { folder: base, remove } = scratch('encoders-stopped');
afterAll(remove);
const own = path.join(base, 'own');
makeClipFolder(own, { vocabulary: smallVocabulary(['a', 'red', 'picture']) });
const added = new AddedEncoders({ folder: base, log: silentLog });
const measured = { photosPerSecond: 12, peakBytes: 3e8 };

describe('an encoder from a folder that is stopped', () => {
  const nothingLeft = () => expect(readdirSync(path.join(base, 'encoders'))).toEqual([]);

  it.each(['waiting', 'copying', 'checking'] as const)('in the step “%s” leaves nothing', async (step) => {
    const stop = new AbortController();
    const adding = new Adding({ added, log: silentLog, isTaken: () => false, prove: () => Promise.resolve(measured) });
    const running = adding.addFolder(own, {
      signal: stop.signal,
      onProgress: (state) => state.step === step && state.bytes > 0 && stop.abort(),
    });
    // The lock is being taken.
    if (step === 'waiting') stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled', message: 'Adding the encoder was stopped.' });
    nothingLeft();
    expect(adding.failure('own')).toBeNull();
  });

  it('while a large file is copied ends within a moment', async () => {
    const large = path.join(base, 'large');
    writeFileSync(large, '');
    truncateSync(large, 8e9);
    const stop = new AbortController();
    await expect(
      copyLargeFile(large, path.join(base, 'copy'), { signal: stop.signal, onBytes: () => stop.abort() }),
    ).rejects.toThrow();
    expect(statSync(path.join(base, 'copy')).size).toBeLessThan(1e8);
  });
});
