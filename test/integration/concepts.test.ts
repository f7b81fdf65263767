/** The concept part of embeddings with ResNet50, GloVe and WordNet as they are, on photos of daily life. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { classNames, classNamesFile } from '../../build/scripts/class-names.ts';
import { Concepts, type ConceptWeights } from '../../models/concepts/concepts.ts';
import { readFlickr30k } from '../../models/datasets/flickr30k.ts';
import { openEngine } from '../../models/engine/index.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { averagePrecision } from '../../models/relevance/word-report.ts';
import { openResnet50 } from '../../models/resnet50/encoder.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { fitToPhotos, readClassifier } from '../../models/resnet50-glove/concepts.ts';
import { loadWordVectors, type WordVectors } from '../../models/text/word-vectors.ts';
import { tokenize } from '../../models/text/tokenizer.ts';
import { recipes } from '../../models/two-branch/recipe.ts';
import { testAssets } from '../fixtures/assets.ts';
import { describeShared } from '../fixtures/shared.ts';

it('class-names.json is what the script makes of WordNet and the labels of the weights', async () => {
  const { labels } = await testAssets();
  const made = await classNames(JSON.parse(await readFile(labels, 'utf8')) as Record<string, string>);
  expect(await readFile(classNamesFile, 'utf8')).toBe(made);
});

const sought = ['cat', 'pizza', 'giraffe', 'bathroom'];
/** Photos of each sought word, and one in so many of the others. */
const [ofEach, others] = [8, 10];

describeShared('concepts on photos of daily life', (shared) => {
  let engine: Engine;
  let vectors: WordVectors;
  let weights: ConceptWeights;
  let captions: string[][];
  let features: Float32Array[];
  beforeAll(async () => {
    const assets = await testAssets();
    engine = await openEngine('onnx', { threads: 2 });
    vectors = loadWordVectors(assets.glove);
    const resnet = await openResnet50(engine, assets);
    const { photos: all } = await readFlickr30k(path.join(shared, 'coco'));
    const val = all.filter(({ split }) => split === 'val');
    const has = (word: string) =>
      val.filter((photo) => photo.captions.some((caption) => tokenize(caption).includes(word)));
    const chosen = [
      ...new Set([...sought.flatMap((word) => has(word).slice(0, ofEach)), ...val.filter((_, i) => i % others === 0)]),
    ];
    captions = chosen.map((photo) => [...photo.captions]);
    features = [];
    const { side } = imageNet;
    for (const { file } of chosen) {
      const image = sharp(file).rotate().toColourspace('srgb');
      const pixels = await image.resize(side, side, { fit: 'fill' }).removeAlpha().raw().toBuffer();
      features.push(await resnet.encode(new Uint8Array(pixels), 1));
    }
    await resnet.dispose();
    const photos = features.map((feature) => ({ feature: () => feature }));
    weights = (await fitToPhotos(
      { engine, vectors, classifier: await readClassifier(assets.keras), seed: 1 },
      recipes.default.concepts!,
      photos,
    ))!;
  }, 300_000);

  const precisionOf = async (word: string, sentence: string, concepts: Concepts): Promise<number> => {
    const parts = await concepts.ofPhotos(Float32Array.from(features.flatMap((row) => [...row])), features.length);
    const scores = await engine.similarities(concepts.ofSentence(sentence), parts, concepts.dimensions);
    const relevant = captions.flatMap((own, i) => (own.some((caption) => tokenize(caption).includes(word)) ? [i] : []));
    expect(relevant.length, word).toBeGreaterThan(2);
    return averagePrecision(scores, Int32Array.from(relevant));
  };

  it('find what no caption taught, by names, more general names and similar words', async () => {
    const concepts = new Concepts(weights, vectors, engine.similarities, new Map());
    expect(await precisionOf('cat', 'my cat', concepts)).toBeGreaterThan(0.5);
    expect(await precisionOf('pizza', 'a slice of pizza', concepts)).toBeGreaterThan(0.5);
    // no class is a giraffe or a bathroom
    expect(await precisionOf('giraffe', 'giraffes', concepts)).toBeGreaterThan(0.2);
    expect(await precisionOf('bathroom', 'a bathroom', concepts)).toBeGreaterThan(0.4);
  });
});
