/** The embeddings of a model: of its network, or of several that are joined, and of its concepts. */
import { longestPhotoPart, type Concepts } from '../concepts/concepts.ts';
import type { Embedder } from '../contract/embedder.ts';
import type { Engine } from '../engine/engine.ts';
import type { SentenceEncoder } from '../text/sentence-encoder.ts';
import { imageInputs } from '../two-branch/image-input.ts';
import { sideBySide, type Joined, type Member } from '../two-branch/joined.ts';

/** What makes the embeddings of a model. */
export interface EmbedderParts {
  readonly first: Member;
  /** undefined: the first network alone */
  readonly joined?: Joined | undefined;
  readonly text: SentenceEncoder;
  /** undefined: embeddings are the networks' alone */
  readonly concepts?: Concepts | undefined;
}

/**
 * An embedding is the networks' and, after it, the concepts' (models/concepts), so that one inner product is the sum of both
 * scores. Both sides are divided by a constant or their norm, which changes no order, so that no embedding is longer than 1.
 */
export async function openEmbedder(engine: Engine, parts: EmbedderParts): Promise<Embedder> {
  const networks = await openNetworks(engine, parts);
  const { concepts } = parts;
  if (!concepts) return networks;
  const widths = [networks.dimensions, concepts.dimensions] as const;
  const photoScale = 1 / Math.hypot(1, longestPhotoPart);
  return {
    dimensions: widths[0] + widths[1],
    embedFeatures: async (features, count) => {
      const rows = [await networks.embedFeatures(features, count), await concepts.ofPhotos(features, count)] as const;
      return oneAfterTheOther(rows, widths, () => photoScale);
    },
    embedSentences: async (texts) => {
      const own = new Float32Array(texts.length * concepts.dimensions);
      texts.forEach((sentence, row) => own.set(concepts.ofSentence(sentence), row * concepts.dimensions));
      return oneAfterTheOther([await networks.embedSentences(texts), own], widths, (row) => 1 / Math.hypot(...row));
    },
    dispose: () => networks.dispose(),
  };
}

/** @param scale of a row of both */
function oneAfterTheOther(
  [first, second]: readonly [Float32Array, Float32Array],
  [left, right]: readonly [number, number],
  scale: (row: Float32Array) => number,
): Float32Array {
  const width = left + right;
  const count = first.length / left;
  const out = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const both = out.subarray(row * width, (row + 1) * width);
    both.set(first.subarray(row * left, (row + 1) * left));
    both.set(second.subarray(row * right, (row + 1) * right), left);
    const factor = scale(both);
    for (let i = 0; i < width; i++) both[i]! *= factor;
  }
  return out;
}

async function openNetworks(engine: Engine, { first, joined, text }: EmbedderParts): Promise<Embedder> {
  const members = await Promise.all(
    [first, ...(joined?.others ?? [])].map(async ({ weights, image }) => ({
      image,
      images: await engine.projection(weights.image),
      sentences: await engine.projection(weights.text),
    })),
  );
  const width = members.reduce((sum, { images }) => sum + images.outputs, 0);
  const together = async (parts: Float32Array[], count: number) =>
    joined ? engine.similarities(sideBySide(parts, count), joined.basis, width) : parts[0]!;
  return {
    dimensions: joined?.dimensions ?? width,
    embedFeatures: async (features, count) => {
      const parts: Float32Array[] = [];
      for (const { images, image } of members) {
        parts.push(await images.project(imageInputs(features, count, image), count));
      }
      return together(parts, count);
    },
    embedSentences: async (texts) => {
      const inputs = text.encode(texts);
      const parts: Float32Array[] = [];
      for (const { sentences } of members) parts.push(await sentences.project(inputs, texts.length));
      return together(parts, texts.length);
    },
    dispose: async () => {
      await Promise.all(members.flatMap(({ images, sentences }) => [images.dispose(), sentences.dispose()]));
    },
  };
}
