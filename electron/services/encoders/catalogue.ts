/**
 * The encoders that can be fetched, as data: files at a fixed revision of a repository of the Hugging Face hub, with the sizes and
 * hashes that public projects pin. None of these files could be fetched, or run, on the machines that built this.
 */
import type { AddedEncoder, AddedFile } from '../../../models/contract/added-encoder.ts';
import type { EncoderSummary } from '../../ipc/contract.ts';

export interface Repository {
  readonly repository: string;
  /** commit */
  readonly revision: string;
}

export interface OfferedFile extends AddedFile, Repository {}

export interface OfferedEncoder extends Repository, Pick<AddedEncoder, 'id' | 'title'>, Pick<EncoderSummary, 'family'> {
  readonly licence: string;
  /** what a user may expect of it, before anything is measured */
  readonly about: string;
  /** one graph may be both `vision` and `text` */
  readonly files: { readonly [part in keyof AddedEncoder['files']]: OfferedFile };
  /** of its preprocessor_config.json, which is not fetched, since no hash of it is known */
  readonly preprocessing: AddedEncoder['preprocessing'];
  readonly contextLength: number;
}

const clip: Repository = {
  repository: 'Xenova/clip-vit-base-patch32',
  revision: 'd15189d7028b43f1d3e65039190477f6af591c2a',
};
const tinyClip: Repository = {
  repository: 'onnx-community/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M-ONNX',
  revision: '9463a9c508a344c837ffefe9d724f3827bf2dc79',
};

const file = (from: Repository, path: string, bytes: number, sha256: string): OfferedFile => ({
  ...from,
  path,
  bytes,
  sha256,
});

/**
 * TinyCLIP (Wu et al. 2023) is distilled from CLIP and cuts sentences into the same tokens. Of the tokenizer.json in its own
 * repository no hash is known, so CLIP's is fetched in its place.
 */
const tokenizer = file(
  clip,
  'tokenizer.json',
  2_224_119,
  'f7f3b7af117d467b58374797691a6438d3e6b9e9cef800dfd5dced7f697a90cd',
);

/** Radford et al. 2021, as OpenAI's code has it; TinyCLIP takes the same. */
const preprocessing: AddedEncoder['preprocessing'] = {
  side: 224,
  fit: 'crop',
  resample: 'cubic',
  normalisation: {
    mean: [0.48145466, 0.4578275, 0.40821073],
    deviation: [0.26862954, 0.26130258, 0.27577711],
  },
};
const contextLength = 77;
const common = { preprocessing, contextLength, licence: 'MIT' } as const;

export const catalogue: readonly OfferedEncoder[] = [
  {
    ...{ ...common, ...clip, id: 'clip-vit-b32', title: 'CLIP ViT-B/32' },
    family: { title: 'CLIP ViT-B/32', precision: 'full' },
    about: 'As published. 608 MB to fetch; about 1 GB of memory expected while photos are encoded.',
    files: {
      vision: file(
        clip,
        'onnx/vision_model.onnx',
        351_685_709,
        'fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40',
      ),
      text: file(
        clip,
        'onnx/text_model.onnx',
        254_058_553,
        '3f6571f5bad13a97c469c1622e1cfc4d9aef78b79fdbfcff804ca357bfada8cc',
      ),
      tokenizer,
    },
  },
  {
    ...{ ...common, ...clip, id: 'clip-vit-b32-fp16', title: 'CLIP ViT-B/32, half precision' },
    family: { title: 'CLIP ViT-B/32', precision: 'half' },
    about:
      'As published, in 16 bits. 306 MB to fetch; on a processor it is not expected to be faster than full precision, ' +
      'nor to need less memory.',
    files: {
      vision: file(
        clip,
        'onnx/vision_model_fp16.onnx',
        176_080_659,
        '35c4e0fb0aeee527dcde1693520b214a34424a786babd530f35366bad5844efd',
      ),
      text: file(
        clip,
        'onnx/text_model_fp16.onnx',
        127_339_794,
        'df587ffbf248bf20d44fa6e16adc5ebc27ead691860e5333dbdaab5fd6bf3f6e',
      ),
      tokenizer,
    },
  },
  {
    ...{ ...common, ...clip, id: 'clip-vit-b32-8bit', title: 'CLIP ViT-B/32, 8 bits' },
    family: { title: 'CLIP ViT-B/32', precision: '8-bit' },
    about: 'Somewhat less exact. 156 MB to fetch; about 0.5 GB of memory expected while photos are encoded.',
    files: {
      vision: file(
        clip,
        'onnx/vision_model_quantized.onnx',
        89_117_001,
        '583fd1110a514667812fee7d684952aaf82a99b959760c8d7dca7e0ab9839299',
      ),
      text: file(
        clip,
        'onnx/text_model_quantized.onnx',
        64_504_507,
        '73baab855d406190da9faa498cfedf65f15cf309f4cc7385b7b032e6d08e5c3a',
      ),
      tokenizer,
    },
  },
  ...(
    [
      [
        { id: 'tinyclip', title: 'TinyCLIP ViT-8M/16, 8 bits', precision: '8-bit' },
        'A small model, which finds less than CLIP. 27 MB to fetch; about 0.3 GB of memory expected.',
        file(
          tinyClip,
          'onnx/model_int8.onnx',
          24_683_626,
          '844d1a46ab18acf50c989e541b12fe3b6dc7f8d6004725b4e992d142788e0600',
        ),
      ],
      [
        { id: 'tinyclip-full', title: 'TinyCLIP ViT-8M/16', precision: 'full' },
        'The same small model in full precision. 96 MB to fetch; about 0.4 GB of memory expected.',
        file(
          tinyClip,
          'onnx/model.onnx',
          94_071_688,
          '31d28cb07209533d10fc4fef73ac324ce17de6741a2372e7e1531a4ac8fdaeb2',
        ),
      ],
    ] as const
  ).map(([{ precision, ...names }, about, graph]) => ({
    ...{ ...common, ...tinyClip, ...names, about },
    family: { title: 'TinyCLIP ViT-8M/16', precision },
    files: { vision: graph, text: graph, tokenizer },
  })),
];

/** Each file once, however many parts it is. */
export function filesOf<File extends AddedFile>({
  vision,
  text,
  tokenizer,
}: Readonly<Record<'vision' | 'text' | 'tokenizer', File>>): File[] {
  return [vision, ...(text.sha256 === vision.sha256 ? [] : [text]), tokenizer];
}

/** Bytes of a set of files, in all. */
export const bytesOf = (files: readonly AddedFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** A page where a person can fetch the files by hand. */
export const pageOf = ({ repository, revision }: Repository): string =>
  `https://huggingface.co/${repository}/tree/${revision}`;
