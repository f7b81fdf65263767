/** Reads preprocessor_config.json of Hugging Face's repositories: how a photo becomes the pixels that a graph takes. */
import { z } from 'zod';
import type { AddedEncoder } from '../contract/added-encoder.ts';
import { wrongPart } from '../files/wrong-part.ts';

type Preprocessing = AddedEncoder['preprocessing'];

const side = z.int().min(1);
const size = z.union([side, z.looseObject({ shortest_edge: side }), z.looseObject({ height: side, width: side })]);
const channels = z.tuple([z.number(), z.number(), z.number()]);

/** Absent entries are those of CLIPImageProcessor in Hugging Face's transformers. */
const preprocessorFile = z.looseObject({
  do_resize: z.boolean().nullish(),
  size: size.nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: size.nullish(),
  resample: z.int().nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().positive().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: channels.nullish(),
  image_std: channels.nullish(),
});

/** The numbers of Pillow. */
const kernels: Readonly<Record<number, Preprocessing['resample']>> = { 1: 'lanczos3', 2: 'linear', 3: 'cubic' };

const clipMean = [0.48145466, 0.4578275, 0.40821073] as const;
const clipDeviation = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * @param content of the file, parsed
 * @throws Error whose message is the end of a sentence: what of it Descry cannot do
 */
export function preprocessingOf(content: unknown): Preprocessing {
  const parsed = preprocessorFile.safeParse(content);
  if (!parsed.success) throw new Error(wrongPart(parsed.error, 'entry'));
  const { data } = parsed;
  if (data.do_resize === false) throw new Error('it leaves photos in their own size, and Descry makes all of one size');
  const kernel = kernels[data.resample ?? 3];
  if (!kernel) throw new Error(`it asks for way ${data.resample} of resizing; Descry has 1, 2 and 3`);
  return { ...frameOf(data), resample: kernel, normalisation: normalisationOf(data) };
}

function frameOf(data: z.infer<typeof preprocessorFile>): Pick<Preprocessing, 'side' | 'fit'> {
  const to = data.size ?? { shortest_edge: 224 };
  const shortest = typeof to === 'number' ? to : 'shortest_edge' in to ? (to.shortest_edge as number) : null;
  if (shortest === null) {
    const square = squareOf(to);
    const crop = data.do_center_crop === true ? squareOf(data.crop_size ?? to) : square;
    if (crop !== square) throw cropped(square, crop);
    return { side: inRange(square), fit: 'squash' };
  }
  if (data.do_center_crop === false) throw new Error('photos keep their shape, and the graph must take squares');
  const crop = squareOf(data.crop_size ?? shortest);
  if (crop !== shortest) throw cropped(shortest, crop);
  return { side: inRange(shortest), fit: 'crop' };
}

function squareOf(of: z.infer<typeof size>): number {
  if (typeof of === 'number') return of;
  if ('shortest_edge' in of) return of.shortest_edge as number;
  if (of.height !== of.width) throw new Error(`it makes ${of.width} × ${of.height} pixels, and Descry only squares`);
  return of.height;
}

const cropped = (from: number, to: number) =>
  new Error(`it resizes to ${from} pixels and crops to ${to}; Descry can only crop the largest square`);

function inRange(found: number): number {
  if (found < 16 || found > 1024) throw new Error(`it makes pictures of ${found} pixels; Descry can make 16 to 1,024`);
  return found;
}

/** (value · factor − mean) / deviation of bytes, as (value / 255 − mean') / deviation'. */
function normalisationOf(data: z.infer<typeof preprocessorFile>): Preprocessing['normalisation'] {
  const scale = 255 * (data.do_rescale === false ? 1 : (data.rescale_factor ?? 1 / 255));
  const exact = Math.abs(scale - 1) < 1e-9 ? 1 : scale;
  const [mean, deviation] =
    data.do_normalize === false
      ? [[0, 0, 0] as const, [1, 1, 1] as const]
      : [data.image_mean ?? clipMean, data.image_std ?? clipDeviation];
  if (deviation.some((value) => !(value > 0))) throw new Error('its entry image_std has a number that is not above 0');
  const scaled = ([r, g, b]: readonly [number, number, number]): [number, number, number] => [
    r / exact,
    g / exact,
    b / exact,
  ];
  return { mean: scaled(mean), deviation: scaled(deviation) };
}
