/** Folders with an encoder: what of them is found, and why one is refused. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preprocessingOf } from '../../models/clip/preprocessor.ts';
import { describeFolder, type DescribeOptions } from '../../models/encoders.ts';
import { GraphBuilder } from '../../models/onnx/graph.ts';
import { inspectGraph } from '../../models/onnx/inspect.ts';
import { clipNormalisation } from '../fixtures/clip-graphs.ts';
import { makeClipFolder, type StandIn } from '../fixtures/clip-stand-in.ts';
import { endToken, smallVocabulary } from '../fixtures/clip-tokenizer.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-clip-layout-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A small one, since dozens of folders are made. */
const vocabulary = smallVocabulary(['a', 'red', 'photo']);
let folders = 0;
function make(standIn: StandIn = {}): string {
  const folder = path.join(scratch, String(folders++));
  makeClipFolder(folder, { vocabulary, ...standIn });
  return folder;
}
const about = (folder: string): DescribeOptions => ({
  id: 'own',
  title: 'My own',
  source: { kind: 'folder', folder },
  addedAt: 5,
});
const describeIt = (folder: string, options: Partial<DescribeOptions> = {}) =>
  describeFolder(folder, { ...about(folder), ...options });
/** The message of the refusal, whose code is `encoder-invalid`. */
async function refusal(folder: string, options: Partial<DescribeOptions> = {}): Promise<string> {
  const error: unknown = await describeIt(folder, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'encoder-invalid' });
  return (error as Error).message;
}
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('a folder with an encoder', () => {
  it('of two graphs is described with files, hashes, sizes and preprocessing', async () => {
    const folder = make();
    const found = await describeIt(folder);
    const file = (name: string) => ({
      path: name,
      bytes: readFileSync(path.join(folder, name)).length,
      sha256: sha256(path.join(folder, name)),
    });
    expect(found).toEqual({
      format: 1,
      id: 'own',
      title: 'My own',
      kind: 'clip',
      files: {
        vision: file('onnx/vision_model.onnx'),
        text: file('onnx/text_model.onnx'),
        tokenizer: file('tokenizer.json'),
      },
      dimensions: 16,
      tensors: {
        pixels: 'pixel_values',
        tokens: 'input_ids',
        mask: null,
        imageEmbeddings: 'image_embeds',
        textEmbeddings: 'text_embeds',
      },
      contextLength: 77,
      padding: null,
      preprocessing: { side: 224, fit: 'crop', resample: 'cubic', normalisation: clipNormalisation },
      source: { kind: 'folder', folder },
      measured: null,
      addedAt: 5,
    });
  });

  it('of one graph has it for both sides', async () => {
    const found = await describeIt(make({ layout: 'one', dimensions: 20, side: 64, contextLength: 40 }));
    expect(found.files.vision).toEqual(found.files.text);
    expect(found.files.vision.path).toBe('onnx/model.onnx');
    expect(found).toMatchObject({ dimensions: 20, contextLength: 40, tensors: { mask: 'attention_mask' } });
    expect(found.preprocessing.side).toBe(64);
  });

  it.each([
    ['5.0 GB', 5e9],
    ['no graph', 1e9],
  ])('whose graph has only zeros (%s) is refused at once', async (reason, bytes) => {
    const folder = make();
    const file = path.join(folder, 'onnx', 'vision_model.onnx');
    writeFileSync(file, '');
    truncateSync(file, bytes);
    // Reading it would take longer than this test may.
    expect(await refusal(folder)).toMatch(
      bytes > 2 ** 31
        ? new RegExp(`it has ${reason}, and a graph of one file has 2\\.1 GB at most`)
        : /not an ONNX graph/,
    );
  });

  it('may have its graphs at the top, in half precision, and behind links', async () => {
    const folder = make({ graphs: '', floats: 'float16' });
    const elsewhere = path.join(scratch, 'blob');
    renameSync(path.join(folder, 'vision_model.onnx'), elsewhere);
    symlinkSync(elsewhere, path.join(folder, 'vision_model.onnx'));
    expect((await describeIt(folder)).files.vision).toMatchObject({
      path: 'vision_model.onnx',
      sha256: sha256(elsewhere),
    });
  });

  it('of several precisions is used in the most exact one, or in the one that was chosen', async () => {
    const folder = make({ suffixes: ['_quantized', '', '_fp16'], side: 32 });
    expect((await describeIt(folder)).files.vision.path).toBe('onnx/vision_model.onnx');
    expect((await describeIt(folder, { precision: 'half' })).files.text.path).toBe('onnx/text_model_fp16.onnx');
    expect((await describeIt(folder, { precision: '8-bit' })).files.vision.path).toBe(
      'onnx/vision_model_quantized.onnx',
    );
    const half = make({ suffixes: ['_quantized', '_fp16'], side: 32 });
    expect((await describeIt(half)).files.vision.path).toBe('onnx/vision_model_fp16.onnx');
    expect(await refusal(half, { precision: 'full' })).toMatch(/only .*fp16.* precision that was chosen/);
    const int8 = make({ layout: 'one', suffixes: ['_int8'], side: 32 });
    expect((await describeIt(int8)).files.text.path).toBe('onnx/model_int8.onnx');
  });

  it('reads the longest sentence from whatever file says it', async () => {
    const config = (folder: string, name: string, change: object) => {
      const file = path.join(folder, name);
      writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...change }));
    };
    const without = ['tokenizer_config.json', 'config.json'];
    expect((await describeIt(make({ contextLength: 50, without: without.slice(0, 1) }))).contextLength).toBe(50);
    expect((await describeIt(make({ contextLength: 50, without: without.slice(1) }))).contextLength).toBe(50);
    expect((await describeIt(make({ contextLength: 50, without }))).contextLength).toBe(77);
    const cut = make({ contextLength: 50, without });
    config(cut, 'tokenizer.json', { truncation: { max_length: 30, strategy: 'LongestFirst', stride: 0 } });
    expect((await describeIt(cut)).contextLength).toBe(30);
    const huge = make({ without: without.slice(1) });
    config(huge, 'tokenizer_config.json', { model_max_length: 1e30 });
    expect((await describeIt(huge)).contextLength).toBe(512);
    const fixed = make({ padding: { id: 0, token: '!' } });
    expect((await describeIt(fixed)).padding).toBeNull();
    config(fixed, 'tokenizer.json', { padding: { strategy: { Fixed: 64 }, pad_id: 3 } });
    expect(await describeIt(fixed)).toMatchObject({ contextLength: 64, padding: 3 });
  });

  it('whose graph takes sentences of one length only has them filled up', async () => {
    const folder = make();
    const graph = new GraphBuilder('text');
    const ids = graph.input('input_ids', 'int64', ['batch', 64]);
    const row = graph.op('Gather', [graph.constant('table', [1, 16], new Float32Array(16).fill(1)), ids], { axis: 0 });
    graph.output('text_embeds', graph.op('ReduceMean', [row], { axes: [1], keepdims: 0 }), 'float32', ['batch', 16]);
    writeFileSync(path.join(folder, 'onnx', 'text_model.onnx'), graph.toBytes());
    const end = vocabulary.ids[endToken];
    expect(await describeIt(folder)).toMatchObject({ contextLength: 64, padding: end });
  });

  it('that was fetched without the files that describe it is described by what is known', async () => {
    const folder = make({ without: ['preprocessor_config.json', 'tokenizer_config.json', 'config.json'] });
    const known = {
      contextLength: 77,
      preprocessing: {
        side: 224,
        fit: 'crop',
        resample: 'cubic',
        normalisation: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      },
    } satisfies DescribeOptions['known'];
    expect(await describeIt(folder, { known })).toMatchObject(known);
  });

  it('stops when it is told to', async () => {
    await expect(describeIt(make(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a folder is refused, in words that name the file and the reason,', () => {
  it.each([
    [{ fault: 'other-size' }, /text_model\.onnx: its text_embeds have 18 numbers, and the image_embeds 16/],
    [
      { fault: 'missing-output', faultIn: 'vision' },
      /vision_model\.onnx: it has no output image_embeds \(it has pooled\./,
    ],
    [{ fault: 'missing-output', faultIn: 'text' }, /text_model\.onnx: it has no output text_embeds/],
    [
      { fault: 'missing-input', faultIn: 'vision' },
      /vision_model\.onnx: it has no input pixel_values \(it has picture\)/,
    ],
    [{ fault: 'wrong-type', faultIn: 'vision' }, /pixel_values is uint8 in place of float32 or float16/],
    [{ fault: 'wrong-type', faultIn: 'text' }, /input_ids is int32 in place of int64/],
    [{ fault: 'wrong-rank', faultIn: 'vision' }, /image_embeds has 3 dimensions in place of 2/],
    [{ fault: 'custom-operator', faultIn: 'text' }, /text_model\.onnx: it has operators of com\.example/],
    [
      { fault: 'external-data', faultIn: 'vision' },
      /vision_model\.onnx: its weights lie in another file \(outside\.bin\)/,
    ],
    [{ fault: 'cut-off', faultIn: 'vision' }, /vision_model\.onnx: it is not an ONNX graph, or only a part of one/],
    [{ layout: 'one', fault: 'missing-output' }, /model\.onnx: it has no output image_embeds/],
    [{ without: ['tokenizer.json'] }, /has no tokenizer\.json/],
    [{ without: ['preprocessor_config.json'] }, /has no preprocessor_config\.json/],
    [{ without: ['onnx/text_model.onnx'] }, /has only onnx\/vision_model\.onnx\. Descry looks for/],
    [{ without: ['onnx/text_model.onnx', 'onnx/vision_model.onnx'] }, /has no graphs\. Descry looks for/],
    [{ preprocessor: { crop_size: 200 } }, /preprocessor_config\.json: it resizes to 224 pixels and crops to 200/],
  ] satisfies [StandIn, RegExp][])('%o', async (standIn, message) => {
    const folder = make(standIn);
    const text = await refusal(folder);
    expect(text).toMatch(message);
    expect(text).toContain(folder);
    expect(text).toMatch(/\. [A-Z].*\.$/); // what to do
  });

  it('where a file is broken', async () => {
    const broken = (name: string, content: string | Uint8Array) => {
      const folder = make({ side: 32 });
      writeFileSync(path.join(folder, name), content);
      return refusal(folder);
    };
    expect(await broken('preprocessor_config.json', '{')).toMatch(/preprocessor_config\.json: it is no JSON/);
    expect(await broken('config.json', 'no')).toMatch(/config\.json: it is no JSON/);
    expect(await broken('tokenizer.json', '{}')).toMatch(/tokenizer\.json is no tokenizer/);
    expect(await broken('onnx/vision_model.onnx', 'a text')).toMatch(/vision_model\.onnx: it is not an ONNX graph/);
    expect(await broken('onnx/text_model.onnx', new Uint8Array(0))).toMatch(
      /text_model\.onnx: it is not an ONNX graph/,
    );
    expect(await broken('onnx/text_model.onnx_data', 'weights')).toMatch(/text_model\.onnx_data, and Descry opens/);
  });

  it.skipIf(process.platform === 'win32')('where a file is a pipe or a folder, without waiting for it', async () => {
    for (const name of ['onnx/vision_model.onnx', 'tokenizer.json', 'preprocessor_config.json']) {
      const folder = make({ side: 32 });
      rmSync(path.join(folder, name));
      execFileSync('mkfifo', [path.join(folder, name)]);
      expect(await refusal(folder)).toMatch(/named pipe/);
      rmSync(path.join(folder, name));
      mkdirSync(path.join(folder, name));
      expect(await refusal(folder)).toMatch(/it is a folder, not a regular file/);
    }
  });

  it('where there is none', async () => {
    const none = path.join(scratch, 'none');
    await expect(describeIt(none)).rejects.toMatchObject({ code: 'not-found', parameters: { folder: none } });
    const file = path.join(scratch, 'a file');
    writeFileSync(file, '');
    await expect(describeIt(file)).rejects.toMatchObject({ code: 'not-a-folder' });
  });
});

describe('preprocessor_config.json', () => {
  const base = { image_mean: [0.5, 0.4, 0.3], image_std: [0.2, 0.3, 0.4], resample: 2 };
  it.each([
    ['of CLIP', { size: { shortest_edge: 224 }, crop_size: { height: 224, width: 224 } }, { side: 224, fit: 'crop' }],
    ['of early files', { size: 336, crop_size: 336, do_center_crop: true }, { side: 336, fit: 'crop' }],
    ['of squashed pictures', { size: { height: 256, width: 256 } }, { side: 256, fit: 'squash' }],
    ['without sizes', {}, { side: 224, fit: 'crop' }],
    ['of Pillow’s Lanczos', { resample: 1 }, { resample: 'lanczos3' }],
    ['of Pillow’s bicubic', { resample: 3 }, { resample: 'cubic' }],
    ['of Pillow’s bilinear', {}, { resample: 'linear' }],
    ['without normalisation', { do_normalize: false }, { normalisation: { mean: [0, 0, 0], deviation: [1, 1, 1] } }],
    [
      'with bytes',
      { do_rescale: false, image_mean: [127.5, 127.5, 127.5], image_std: [255, 255, 255] },
      { normalisation: { mean: [0.5, 0.5, 0.5], deviation: [1, 1, 1] } },
    ],
    [
      'with a factor',
      { rescale_factor: 1 / 127.5, image_mean: [1, 1, 1], image_std: [1, 1, 1] },
      { normalisation: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } },
    ],
  ])('%s', (_, change, wanted) => {
    expect(preprocessingOf({ ...base, ...change })).toMatchObject(wanted);
  });

  it.each([
    ['another size than the crop', { size: 256, crop_size: 224 }],
    ['no square', { size: { height: 224, width: 320 } }],
    ['no crop', { do_center_crop: false }],
    ['no resizing', { do_resize: false }],
    ['nearest neighbours', { resample: 0 }],
    ['a huge picture', { size: 5000, crop_size: 5000 }],
    ['a deviation of 0', { image_std: [0, 1, 1] }],
    ['a wrong entry', { image_mean: 'mean' }],
    ['a size that is no size', { size: { longest_edge: 224 } }],
  ])('with %s is refused with the reason', (_, change) => {
    expect(() => preprocessingOf({ ...base, ...change })).toThrow(/\w+ \w+/);
  });
});

describe('an ONNX file', () => {
  it('is read without loading it', async () => {
    const folder = make({ layout: 'one', side: 32 });
    const found = await inspectGraph(path.join(folder, 'onnx/model.onnx'));
    expect(found).toEqual({
      inputs: [
        { name: 'input_ids', type: 'int64', shape: [null, null] },
        { name: 'attention_mask', type: 'int64', shape: [null, null] },
        { name: 'pixel_values', type: 'float32', shape: [null, null, null, null] },
      ],
      outputs: [
        { name: 'logits_per_image', type: 'float32', shape: [null, null] },
        { name: 'text_embeds', type: 'float32', shape: [null, 16] },
        { name: 'image_embeds', type: 'float32', shape: [null, 16] },
      ],
      domains: [''],
      externalFiles: [],
    });
  });

  it('that is damaged anywhere is refused or read, and nothing else', async () => {
    const folder = make({ side: 32 });
    const file = path.join(folder, 'onnx/vision_model.onnx');
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += 37) {
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ 0xff;
      writeFileSync(file, bytes);
      const error: unknown = await inspectGraph(file).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error !== null) expect((error as Error).name).toBe('NoGraph');
      writeFileSync(file, whole.subarray(0, at));
      await expect(inspectGraph(file)).rejects.toMatchObject({ name: 'NoGraph' });
    }
  });
});

describe('where another folder was chosen than that of the encoder', () => {
  it('inside it, the one above is named', async () => {
    const folder = make();
    expect(await refusal(path.join(folder, 'onnx'))).toContain(`The folder above has it: choose ${folder}.`);
    renameSync(path.join(folder, 'tokenizer.json'), path.join(folder, 'onnx', 'tokenizer.json'));
    rmSync(path.join(folder, 'preprocessor_config.json'));
    expect(await refusal(path.join(folder, 'onnx'))).toContain('Get it from where the model comes from.');
  });

  it('around it, the one inside is named, also where the hub has put it', async () => {
    const outer = path.join(scratch, 'outer');
    const inner = path.join(outer, 'models--own', 'snapshots', '0123');
    mkdirSync(inner, { recursive: true });
    const nothing = await refusal(outer);
    expect(nothing).toContain('Choose the folder that has the folder onnx in it.');
    makeClipFolder(inner, { vocabulary });
    expect(await refusal(outer)).toContain(`There is one in ${inner}: choose that folder.`);
    makeClipFolder(path.join(outer, 'models--own', 'snapshots', '4567'), { vocabulary });
    expect(await refusal(outer)).toMatch(/several inside: choose one of them \(.*0123, .*4567\)/);
  });
});

describe('a file of JSON that is no object', () => {
  it.each(['tokenizer.json', 'preprocessor_config.json', 'config.json', 'tokenizer_config.json'])(
    'is named: %s',
    async (name) => {
      for (const content of ['[]', '3', 'null', '"text"']) {
        // What says nothing is as a file that is not there.
        if (content === 'null' && !['tokenizer.json', 'preprocessor_config.json'].includes(name)) continue;
        const folder = make();
        writeFileSync(path.join(folder, name), content);
        const message = await refusal(folder);
        expect(message).toContain(path.join(folder, name));
        expect(message).toMatch(/object/);
      }
    },
  );
});
