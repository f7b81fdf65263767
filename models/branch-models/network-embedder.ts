/** The embeddings of a model: of its network, or of several that are joined, and of its concepts. */
import { longestPhotoPart, type Concepts } from '../concepts/concepts.ts';
import type { Embedder } from '../contract/embedder.ts';
import type { Engine } from '../engine/engine.ts';
import { Retryable } from '../retryable.ts';
import { sideBySide } from '../math/rows.ts';
import { imageInputs } from '../two-branch/image-input.ts';
import { joinedRows, type Joined, type Member } from '../two-branch/joined.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';

/** What makes the embeddings of a model. */
export interface EmbedderParts {
  readonly first: Member;
  /** undefined: the first network alone */
  readonly joined?: Joined | undefined;
  readonly text: SentenceSide;
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
  const dimensions = networks.dimensions + concepts.dimensions;
  const photoScale = 1 / Math.hypot(1, longestPhotoPart);
  return {
    dimensions,
    embedFeatures: async (features, count) => {
      const parts = [await networks.embedFeatures(features, count), await concepts.ofPhotos(features, count)];
      return scaleRows(sideBySide(parts, count), dimensions, () => photoScale);
    },
    embedSentences: async (texts) => {
      const own = new Float32Array(texts.length * concepts.dimensions);
      texts.forEach((sentence, row) => own.set(concepts.ofSentence(sentence), row * concepts.dimensions));
      const both = sideBySide([await networks.embedSentences(texts), own], texts.length);
      return scaleRows(both, dimensions, (row) => 1 / Math.hypot(...row));
    },
    dispose: () => networks.dispose(),
  };
}

/** In place. @param rows [count, width] @param factor of each row */
function scaleRows(rows: Float32Array, width: number, factor: (row: Float32Array) => number): Float32Array {
  for (let from = 0; from < rows.length; from += width) {
    const row = rows.subarray(from, from + width);
    const own = factor(row);
    for (let i = 0; i < width; i++) row[i]! *= own;
  }
  return rows;
}

async function openNetworks(engine: Engine, { first, joined, text }: EmbedderParts): Promise<Embedder> {
  const members = await Promise.all(
    [first, ...(joined?.others ?? [])].map(async ({ weights, image }) => ({
      image,
      outputs: weights.image.shape.outputs,
      // Opened by the first photo: a search needs no more than its sentence.
      images: new Retryable(() => engine.projection(weights.image)),
      sentences: await engine.projection(weights.text),
    })),
  );
  const width = members.reduce((sum, { outputs }) => sum + outputs, 0);
  const together = async (parts: Float32Array[], count: number) =>
    joined ? engine.similarities(joinedRows(parts, count), joined.basis, width) : parts[0]!;
  return {
    dimensions: joined?.dimensions ?? width,
    embedFeatures: async (features, count) => {
      const parts: Float32Array[] = [];
      for (const { images, image } of members) {
        parts.push(await (await images.get()).project(imageInputs(features, count, image), count));
      }
      return together(parts, count);
    },
    embedSentences: async (texts) => {
      const inputs = await text.encode(texts);
      const parts: Float32Array[] = [];
      for (const { sentences } of members) parts.push(await sentences.project(inputs, texts.length));
      return together(parts, texts.length);
    },
    dispose: async () => {
      await Promise.all(
        members.map(async ({ images, sentences }) => {
          await Promise.all([sentences.dispose(), images.current?.then((opened) => opened.dispose())]);
        }),
      );
    },
  };
}
