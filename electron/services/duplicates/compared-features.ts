/**
 * The features that photos are compared by: those of the model in use, or, where its encoder cannot compare photos, those that an
 * encoder which can has left in the cache. Photos that have only features of the other kind are not compared; pairs that were found
 * stay, because the photos are the same.
 */
import type { Store } from '../../store/store.ts';
import { featuresOf } from '../models/features-of.ts';
import type { Models } from '../models/models.ts';
import type { OpenEncoders } from '../models/open-encoders.ts';
import type { ComparedFeatures, FeatureSource } from './near-duplicates.ts';

export interface ComparedFeaturesParts {
  readonly store: Store;
  readonly models: Models;
  readonly encoders: OpenEncoders;
}

export function comparedFeatures({ store, models, encoders }: ComparedFeaturesParts): FeatureSource {
  let counted: { readonly version: string; readonly photos: number } | undefined;
  const isOwn = () => models.encoderOf(models.inUse()).nearDuplicates !== null;
  const earlier = (): ComparedFeatures | null => {
    const known = encoders.all.flatMap((encoder) => {
      const { id, version, nearDuplicates: comparison, featureLength: length } = encoder;
      if (!comparison) return [];
      const keys = new Set(featuresOf(store, models, id));
      const present = store.encoders.all().filter((one) => one.version === version && keys.has(one.key));
      return present.map(({ key }) => ({ key, comparison, length }));
    });
    const used = store.similarPairs.comparedBy();
    return known.find(({ key }) => key === used) ?? known[0] ?? null;
  };
  return {
    features: async () => {
      if (!isOwn()) return earlier();
      const { encoder, features, featureLength } = await models.current();
      const comparison = encoders.find(encoder).nearDuplicates;
      return comparison && { key: features, comparison, length: featureLength };
    },
    hasToCompare: () => {
      if (isOwn()) return store.similarPairs.hasToCompare();
      const known = earlier();
      return known !== null && store.similarPairs.toCompare(known.key, 1).length > 0;
    },
    uncompared: () => {
      if (isOwn()) return 0;
      // All contents are read for it.
      const version = store.version();
      if (counted?.version !== version) {
        const known = earlier();
        const waiting = known ? store.similarPairs.toCompareCount(known.key) : 0;
        counted = { version, photos: store.similarPairs.uncomparedCount() - waiting };
      }
      return counted.photos;
    },
  };
}
