/** A model of the list, loaded. */
import type { OpenModel, PhotoPart } from '../../../models/contract/encoder.ts';
import type { Regions } from '../../../models/contract/regions.ts';

/** A model ready for work. */
export interface LoadedModel extends OpenModel {
  readonly id: string;
  /** id of its encoder */
  readonly encoder: string;
  /** key of the features that it reads, in the cache */
  readonly features: string;
  /** how many numbers one of them has */
  readonly featureLength: number;
  /** the regions that its encoder looks at; null: none, or the model compares sentences with whole photos only */
  readonly frames: Regions | null;
  /** how these are made, where they are not the encoder's own */
  readonly part?: PhotoPart | undefined;
  /** Waits for calls under way. */
  dispose(): Promise<void>;
}

/** A model whose `dispose` waits for calls in progress. */
export function counted(
  model: OpenModel,
  place: Pick<LoadedModel, 'id' | 'encoder' | 'features' | 'featureLength' | 'frames' | 'part'>,
): LoadedModel {
  const calls = new Set<Promise<unknown>>();
  const count = <T>(call: Promise<T>): Promise<T> => {
    const done = call.catch(() => undefined).finally(() => calls.delete(done));
    calls.add(done);
    return call;
  };
  const { information, dimensions, judge, regions } = model;
  return {
    ...place,
    information,
    dimensions,
    judge,
    regions: regions && {
      share: regions.share,
      embed: (features, stored, photos) => count(regions.embed(features, stored, photos)),
      directions: regions.directions && ((differences) => count(regions.directions!(differences))),
    },
    analyse: (sentence) => model.analyse(sentence),
    requireKnown: (sentence) => model.requireKnown(sentence),
    embedFeatures: (features, photos) => count(model.embedFeatures(features, photos)),
    embedSentences: (sentences) => count(model.embedSentences(sentences)),
    evaluate: (photos, options) => count(model.evaluate(photos, options)),
    dispose: async () => {
      await Promise.all(calls);
      await model.dispose();
    },
  };
}
