/** Thumbnails and previews of the mock bridge: of the drawn pictures, which the preview's server has. */
import { rgbaToThumbHash } from 'thumbhash';
import { pack, type PackedPictures } from '../../electron/ipc/picture-form.ts';
import { Failure } from '../fixtures/contract-bridge.ts';
import { sequence } from './pictures.ts';
import type { Scenario } from './scenario.ts';

const none = () => new Failure({ code: 'not-found', message: 'There is no picture of this photo now.' });

/** As WebP, as the program's own are. @throws Failure */
export async function thumbnail(content: number, { makingMs = 0 }: Scenario): Promise<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, makingMs));
  const image = new Image();
  const loaded = new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(none());
  });
  image.src = `/pictures/thumbnail/${content}`;
  await loaded;
  return webp(image.naturalWidth, image.naturalHeight, (context) => context.drawImage(image, 0, 0));
}

let one: Promise<Uint8Array> | undefined;
/** of every photo, for scenarios that measure */
const same = () =>
  (one ??= webp(480, 320, (context) => {
    const next = sequence(1);
    for (let i = 0; i < 400; i++) {
      context.fillStyle = `hsl(${next() * 360} 40% 60%)`;
      context.fillRect(next() * 480, next() * 320, 90, 60);
    }
  }));

/** Nothing is in the cache unless the scenario says so. */
export async function cachedThumbnails(contents: Int32Array, scenario: Scenario): Promise<PackedPictures> {
  await new Promise((resolve) => setTimeout(resolve, scenario.thumbnailMs ?? 0));
  const bytes = scenario.cached === true ? await same() : null;
  return pack(Array.from(contents, () => bytes));
}

/** Four colours of a photo's own. */
export function previews(contents: Int32Array, scenario: Scenario): PackedPictures {
  const hash = (content: number) => {
    const next = sequence(content);
    return rgbaToThumbHash(
      2,
      2,
      Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : 60 + 160 * next())),
    );
  };
  return pack(Array.from(contents, (content) => (scenario.withoutPreviews === true ? null : hash(content))));
}

async function webp(
  width: number,
  height: number,
  draw: (context: CanvasRenderingContext2D) => void,
): Promise<Uint8Array> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  draw(canvas.getContext('2d')!);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/webp', 0.8));
  if (!blob) throw none();
  return new Uint8Array(await blob.arrayBuffer());
}
