/**
 * The encoder that Descry comes with: ResNet50's features of photos, sentences of GloVe word vectors and a learnt bag of
 * words, and two branches that map both into one space (Wang et al. 2018).
 */
import type { Encoder, OpenEncoder } from '../contract/encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { loadWordVectors } from '../text/glove.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { decodeModel, readModel, readModelMetadata } from '../two-branch/model-file.ts';
import { convert } from './conversion.ts';
import { featureVersion } from './identity.ts';
import { informationOf, openModel, readable } from './open-model.ts';
import { featureLength, openPhotos, preprocessing } from './photos.ts';
import { training } from './recipe-form.ts';
import { train } from './train.ts';
import { weights } from './weights.ts';

const id = 'resnet50-glove';

const identity: Encoder['identity'] = (ids) => ({ id: ids['resnet50']!, version: featureVersion });

export const resnet50Glove: Encoder = {
  id,
  title: 'ResNet50 and GloVe',
  version: featureVersion,
  weights,
  convert,
  identity,
  preprocessing,
  featureLength,
  openPhotos,
  open,
  readInformation: async (file) => informationOf(await readModelMetadata(file)),
  zeroShot: null,
  training,
};

function open(found: FoundWeights, openEngine: () => Promise<Engine>): OpenEncoder {
  const own = identity(found.ids);
  let vectors: Promise<WordVectors> | undefined;
  const loadVectors = () => {
    vectors ??= Promise.resolve(found.files['wordVectors']!).then(loadWordVectors);
    vectors.catch(() => (vectors = undefined)); // so that it can be tried again
    return vectors;
  };
  return {
    identity: own,
    openModel: async (name, source) => {
      if (source === null) throw new RangeError('this encoder has no model without a file');
      // The engine and the word vectors are loaded while the file is read.
      const opening = Promise.all([openEngine(), loadVectors()]);
      opening.catch(() => undefined); // told below
      const model = typeof source === 'string' ? await readModel(source) : decodeModel(source, name);
      readable(name, model, own);
      const [engine, wordVectors] = await opening;
      return openModel(name, model, engine, wordVectors);
    },
    train: async function* (run) {
      const [engine, wordVectors] = await Promise.all([openEngine(), loadVectors()]);
      const init = run.init === null ? undefined : await readModel(run.init);
      if (init) readable(run.init!, init, own);
      return yield* train({ engine, vectors: wordVectors, identity: own }, run, init);
    },
  };
}
