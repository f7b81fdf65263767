/**
 * The formats that sharp does not open, by ImageMagick in WebAssembly (@imagemagick/magick-wasm, by a maintainer of
 * ImageMagick): BMP, PNM, JPEG XL (libjxl), JPEG 2000 (OpenJPEG), PSD and the rarer kinds of TIFF.
 *
 * The decoder is always named, never guessed by ImageMagick from the bytes, and a policy refuses every other one, all files
 * and addresses, and the use of a disk. In WebAssembly a fault of a decoder cannot reach beyond its own memory.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import pLimit from 'p-limit';
import { DescryError } from '../../models/errors.ts';
import { DecoderThreads } from './decoder-threads.ts';
import { needsTooMuchMemory, truncated } from './photo-errors.ts';

/** ImageMagick's names of its decoders. */
export type Coder = 'BMP' | 'PNM' | 'PAM' | 'JXL' | 'JP2' | 'J2K' | 'PSD' | 'TIFF' | 'JPEG';
const coders: readonly Coder[] = ['BMP', 'PNM', 'PAM', 'JXL', 'JP2', 'J2K', 'PSD', 'TIFF', 'JPEG'];

const names: Partial<Record<Coder, string>> = { JXL: 'JPEG XL', JP2: 'JPEG 2000', J2K: 'JPEG 2000', PSD: 'Photoshop' };

/** With 99 megapixels the process took 2.2 GB for JPEG 2000, 1.7 GB for PPM, 1.4 GB for JPEG XL; WebAssembly can have 4 GB. */
const maxPixels = 100_000_000;

/** Of the pixels: with them a thread has grown to four times as much. */
const maxIdleBytes = 64 * 1024 * 1024;

export interface MagickDescription {
  /** upright */
  readonly width: number;
  readonly height: number;
  readonly exif: Uint8Array | undefined;
  readonly xmp: Uint8Array | undefined;
  readonly iptc: Uint8Array | undefined;
}

export interface MagickPicture {
  /** upright */
  readonly width: number;
  readonly height: number;
  /** RGBA: sRGB, or in the colour space of `icc` */
  readonly data: Uint8Array;
  readonly icc: Uint8Array | undefined;
}

declare const WebAssembly: { compile(bytes: Uint8Array): Promise<unknown> };

interface Request {
  readonly bytes: Uint8Array;
  readonly coder: Coder;
  readonly wanted: 'description' | 'picture';
}

type Answer =
  | { readonly description: MagickDescription }
  | { readonly picture: MagickPicture }
  | { readonly size: readonly [width: number, height: number] }
  | { readonly error: string };

/**
 * The size is read before the pixels are. Grey and CMYK profiles are applied here or left out, because only an RGB profile fits
 * the pixels that are returned.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { maxPixels } = workerData;
const magick = require(workerData.module);
const { ConfigurationFiles, ColorProfiles, ColorSpace, MagickImage, MagickReadSettings, ResourceLimits } = magick;
const configuration = ConfigurationFiles.default;
configuration.policy.data = workerData.policy;
const ready = magick.initializeImageMagick(workerData.wasm, configuration).then(() => {
  ResourceLimits.width = ResourceLimits.height = 65535n;
  ResourceLimits.area = BigInt(maxPixels) * 4n;
  ResourceLimits.disk = 0n;
});
const profile = (image, name) => {
  const found = image.getProfile(name);
  return found && found.data.length > 0 ? found.data.slice() : undefined;
};
const use = (action) => {
  const image = MagickImage.create();
  try {
    return action(image);
  } finally {
    image.dispose();
  }
};
function describe(bytes, settings) {
  return use((image) => {
    image.ping(bytes, settings);
    const turned = image.orientation >= 5;
    return {
      width: turned ? image.height : image.width,
      height: turned ? image.width : image.height,
      exif: profile(image, 'exif'),
      xmp: profile(image, 'xmp'),
      iptc: profile(image, 'iptc'),
    };
  });
}
function decode(bytes, settings) {
  return use((image) => {
    image.read(bytes, settings);
    let icc = profile(image, 'icc');
    const space = icc ? String.fromCharCode(...icc.subarray(16, 20)) : '';
    if (image.colorSpace !== ColorSpace.sRGB && image.colorSpace !== ColorSpace.Gray) {
      const applied = image.colorSpace === ColorSpace.CMYK && space === 'CMYK' && image.transformColorSpace(ColorProfiles.SRGB);
      if (!applied) image.colorSpace = ColorSpace.sRGB;
      icc = undefined;
    }
    if (space !== 'RGB ' || image.colorSpace !== ColorSpace.sRGB) icc = undefined;
    image.autoOrient();
    const { width, height } = image;
    const data = new Uint8Array(width * height * 4);
    // by rows, so that no second copy of all pixels is made
    const rows = Math.max(1, Math.floor(1e6 / width));
    image.getPixels((pixels) => {
      for (let y = 0; y < height; y += rows) {
        const part = pixels.toByteArray(0, y, width, Math.min(rows, height - y), 'RGBA');
        data.set(part, y * width * 4);
      }
    });
    return { width, height, data, icc };
  });
}
parentPort.on('message', async ({ bytes, coder, wanted }) => {
  let answer;
  const transfer = [];
  try {
    await ready;
    const settings = new MagickReadSettings({ format: coder, frameIndex: 0, frameCount: 1 });
    const description = describe(bytes, settings);
    const { width, height } = description;
    if (width * height > maxPixels) answer = { size: [width, height] };
    else if (wanted === 'description') answer = { description };
    else {
      const picture = decode(bytes, settings);
      transfer.push(picture.data.buffer);
      answer = { picture };
    }
  } catch (error) {
    answer = { error: String((error && error.message) || error) };
  }
  parentPort.postMessage(answer, transfer);
});`;

/** https://imagemagick.org/script/security-policy.php: the last rule that fits counts. */
const policy = `<policymap>
<policy domain="coder" rights="none" pattern="*"/>
<policy domain="coder" rights="read" pattern="{${coders.join(',')},PBM,PGM,PPM,JPG,TIF,JPC}"/>
<policy domain="delegate" rights="none" pattern="*"/>
<policy domain="filter" rights="none" pattern="*"/>
<policy domain="path" rights="none" pattern="@*"/>
<policy domain="path" rights="none" pattern="|*"/>
</policymap>`;

const threads = new DecoderThreads<Request, Answer>({
  name: 'ImageMagick',
  program,
  data: async () => {
    const module = createRequire(import.meta.url).resolve('@imagemagick/magick-wasm');
    const wasm = await WebAssembly.compile(await readFile(path.join(path.dirname(module), 'x86', 'magick.wasm')));
    return { module, wasm, policy, maxPixels };
  },
  // not after an error, whose cause may still be in its memory; nor after a large photo, because that memory never shrinks
  reusable: (answer) => 'description' in answer || ('picture' in answer && answer.picture.data.length < maxIdleBytes),
});

/** @throws DescryError photo-…; photo-unreadable with ImageMagick's own words as its cause */
export async function describeWithMagick(
  bytes: Uint8Array,
  coder: Coder,
  timeoutMs: number,
): Promise<MagickDescription> {
  const answer = await ask({ bytes, coder, wanted: 'description' }, timeoutMs);
  if (!('description' in answer)) throw new TypeError('no description came back');
  return answer.description;
}

/** One at a time: a hundred megapixels take up to 2.2 GB. */
const oneLarge = pLimit(1);
const largePixels = 25_000_000;

/** @param pixels of the description @throws as describeWithMagick */
export async function decodeWithMagick(
  bytes: Uint8Array,
  coder: Coder,
  timeoutMs: number,
  pixels: number,
): Promise<MagickPicture> {
  const decode = () => ask({ bytes, coder, wanted: 'picture' }, timeoutMs);
  const answer = await (pixels > largePixels ? oneLarge(decode) : decode());
  if (!('picture' in answer)) throw new TypeError('no picture came back');
  return answer.picture;
}

async function ask(request: Request, timeoutMs: number): Promise<Answer> {
  const answer = await threads.run(request, timeoutMs);
  if ('size' in answer) throw tooLarge(...answer.size);
  if ('error' in answer) throw explain(answer.error, request.coder);
  return answer;
}

function tooLarge(width: number, height: number): DescryError {
  const megapixels = (pixels: number) => Math.round(pixels / 1e6).toLocaleString('en');
  return new DescryError(
    'photo-too-large',
    `The photo has ${width} × ${height} pixels (${megapixels(width * height)} megapixels); the limit of its format is ${megapixels(maxPixels)}.`,
  );
}

/** ImageMagick names its own source file after an `@` and the file between backquotes. */
function explain(message: string, coder: Coder): DescryError {
  const cause = new Error(message);
  if (/exceeds limit|resources exhausted|memory allocation|out of memory|memory access out of bounds/i.test(message)) {
    return needsTooMuchMemory(cause);
  }
  // in a PNM any number is a pixel: nothing but its end can be wrong
  const portable = (coder === 'PNM' || coder === 'PAM') && /UnableToReadImageData/.test(message);
  if (portable || /unexpected ?end ?of ?file|insufficient ?image ?data|premature|not enough/i.test(message)) {
    return truncated(cause);
  }
  const words = message
    .replace(/[`'][^`']*'?\s*@.*$/s, '')
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replace(/[.\s]+$/, '');
  return new DescryError('photo-unreadable', `The ${names[coder] ?? coder} file could not be decoded: ${words}.`, {
    cause,
  });
}
