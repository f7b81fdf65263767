/** The embeddings of a model's networks: of one, or of several that are joined. */
import type { Embedder } from '../contract/embedder.ts';
import type { Engine } from '../engine/engine.ts';
import type { SentenceEncoder } from '../text/sentence-encoder.ts';
import { imageInputs } from '../two-branch/image-input.ts';
import { sideBySide, type Joined, type Member } from '../two-branch/joined.ts';

/** @param joined absent: the first network alone */
export async function openNetworks(
  engine: Engine,
  first: Member,
  text: SentenceEncoder,
  joined?: Joined,
): Promise<Embedder> {
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
