/**
 * The encoder that Descry comes with: ResNet50 features of photos, GloVe word vectors and a bag of words for sentences, and
 * two branches that map both into one space (Wang et al. 2018).
 */
import type { Encoder, OpenEncoder } from '../contract/encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { Retryable } from '../retryable.ts';
import { loadWordVectors } from '../text/word-vectors.ts';
import { decodeModel, readModel, readModelMetadata } from '../two-branch/model-file.ts';
import { convert } from './conversion.ts';
import { featureVersion, id } from './identity.ts';
import { nearDuplicates } from './near-duplicates.ts';
import { mapLength, stage5Shape } from '../resnet50/tuning/stage5.ts';
import { informationOf, openModel, requireFrozen, requireReadable } from './open-model.ts';
import { featureLength, modes, openMaps, openPhotos, openTuned, preprocessing } from './photos.ts';
import { training } from './recipe-form.ts';
import { regions } from './regions.ts';
import { train } from './train.ts';
import { weights } from './weights.ts';

const identity: Encoder['identity'] = (ids) => ({ id: ids['resnet50']!, version: featureVersion });

export const resnet50Glove: Encoder = {
  id,
  title: 'ResNet50 and GloVe',
  added: null,
  version: featureVersion,
  weights,
  convert,
  identity,
  preprocessing,
  featureLength,
  stored: 'packed',
  regions,
  modes,
  openPhotos,
  open,
  readInformation: async (file) => informationOf(await readModelMetadata(file)),
  zeroShot: null,
  nearDuplicates,
  training,
  tuning: { mapLength: mapLength(stage5Shape), openMaps, openTuned },
};

function open(found: FoundWeights, openEngine: () => Promise<Engine>): OpenEncoder {
  const own = identity(found.ids);
  const vectors = new Retryable(async () => loadWordVectors(found.files['wordVectors']!));
  return {
    identity: own,
    openModel: async (name, source) => {
      if (source === null) throw new RangeError('this encoder has no model without a file');
      // The engine and the word vectors are loaded while the file is read.
      const opening = Promise.all([openEngine(), vectors.get()]);
      opening.catch(() => undefined); // a failure is thrown where it is awaited below
      const model = typeof source === 'string' ? await readModel(source) : decodeModel(source, name);
      requireReadable(name, model, own);
      const [engine, wordVectors] = await opening;
      return openModel(name, model, engine, wordVectors);
    },
    train: async function* (run) {
      const [engine, wordVectors] = await Promise.all([openEngine(), vectors.get()]);
      const init = run.init === null ? undefined : await readModel(run.init);
      if (init) {
        requireReadable(run.init!, init, own);
        requireFrozen(run.init!, init);
      }
      return yield* train(
        { engine, vectors: wordVectors, identity: own, resnet50: found.files['onnx']!, keras: found.files['keras']! },
        run,
        init,
      );
    },
  };
}
