import { beforeAll, describe, expect, test } from 'vitest';
import type { Batch, TrainingOptions } from '../../models/network/training-step.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { openTensorFlowEngine } from '../../models/engine/tensorflow.ts';
import { trainable, type NetworkWeights } from '../../models/network/network.ts';
import { objectives, trainingProblem } from '../fixtures/training-problem.ts';
import { parametersOf, referenceLoss } from '../fixtures/two-branch-reference.ts';

const shapes = {
  image: { inputs: 7, hidden: 9, outputs: 5 },
  text: { inputs: 6, hidden: 8, outputs: 5 },
} as const;
const sides = ['image', 'text'] as const;

/*
 * The forward pass and the losses of both engines are one piece of code (models/network). What is independent of it:
 * - finite differences of the reference in test/fixtures, which is written from the formulas in double precision and checks
 *   forward pass, losses and gradients;
 * - the gradients of TensorFlow.js, which it derives by itself from the shared forward pass.
 */

/** With no momentum before it, the velocity after one step is the gradient. */
async function gradientOf(engine: Engine, weights: NetworkWeights, batch: Batch, options: TrainingOptions) {
  const trainer = await engine.trainer(weights, options);
  const { loss } = await trainer.step(batch, 0.1);
  const gradient = await trainer.momentum();
  await trainer.dispose();
  return { loss, gradient };
}

describe('the gradients of a training step', () => {
  let onnx: Engine;
  let tensorflow: Engine;
  beforeAll(async () => {
    onnx = await openOnnxEngine({ threads: 1 });
    tensorflow = await openTensorFlowEngine();
  });

  const cases = Object.entries(objectives).flatMap(([name, objective]) =>
    [0, 0.5].map((dropout) => ({ name, objective, dropout })),
  );
  test.each(cases)(
    '$name, dropout $dropout: the loss and the gradients agree with those of the reference',
    async ({ objective, dropout }) => {
      const { weights, batch } = trainingProblem(shapes.image, shapes.text, 11, { dropout });
      const options = { objective, momentum: 0.9, dropout, normMomentum: 0.99 };
      const { loss, gradient } = await gradientOf(onnx, weights, batch, options);

      const parameters = parametersOf(weights);
      const lossNow = () => referenceLoss(parameters, weights, batch, objective, dropout);
      expect(loss).toBeCloseTo(lossNow(), 5);
      const nudge = 1e-6;
      let largest = 0;
      for (const side of sides) {
        for (const name of trainable) {
          const values = parameters[side][name];
          for (let i = 0; i < values.length; i++) {
            const value = values[i]!;
            values[i] = value + nudge;
            const above = lossNow();
            values[i] = value - nudge;
            const below = lossNow();
            values[i] = value;
            const expected = (above - below) / (2 * nudge);
            expect(Math.abs(gradient[side][name][i]! - expected), `${side}.${name}[${i}]`).toBeLessThan(2e-5);
            largest = Math.max(largest, Math.abs(expected));
          }
        }
      }
      expect(largest).toBeGreaterThan(0.05);
    },
  );

  test.each(cases)("$name, dropout $dropout: agree with TensorFlow.js's own", async ({ objective, dropout }) => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 11, { dropout, seed: 11 });
    const options = { objective, momentum: 0.9, dropout, normMomentum: 0.99 };
    const ours = await gradientOf(onnx, weights, batch, options);
    const theirs = await gradientOf(tensorflow, weights, batch, options);
    expect(ours.loss).toBeCloseTo(theirs.loss, 5);
    for (const side of sides) {
      for (const name of trainable) {
        ours.gradient[side][name].forEach((value, i) => {
          expect(Math.abs(value - theirs.gradient[side][name][i]!), `${side}.${name}[${i}]`).toBeLessThan(1e-5);
        });
      }
    }
  });

  test.each(['onnx', 'tensorflow'] as const)(
    '%s: the update is v ← 0.9 v + gradient, w ← w − rate · v',
    async (name) => {
      const engine = name === 'onnx' ? onnx : tensorflow;
      const { weights, batch } = trainingProblem(shapes.image, shapes.text, 11);
      const options = { objective: objectives['softmax']!, momentum: 0.9, dropout: 0, normMomentum: 0.99 };
      const trainer = await engine.trainer(weights, options);
      await trainer.step(batch, 0.1);
      const [first, firstVelocity] = [await trainer.weights(), await trainer.momentum()];
      await trainer.step(batch, 0.05);
      const [second, secondVelocity] = [await trainer.weights(), await trainer.momentum()];
      await trainer.dispose();
      const { gradient } = await gradientOf(engine, first, batch, options);
      for (const side of sides) {
        for (const tensor of trainable) {
          second[side][tensor].forEach((value, i) => {
            const velocity = 0.9 * firstVelocity[side][tensor][i]! + gradient[side][tensor][i]!;
            expect(secondVelocity[side][tensor][i]).toBeCloseTo(velocity, 5);
            expect(first[side][tensor][i]).toBeCloseTo(
              weights[side][tensor][i]! - 0.1 * firstVelocity[side][tensor][i]!,
              5,
            );
            expect(value).toBeCloseTo(first[side][tensor][i]! - 0.05 * velocity, 5);
          });
        }
      }
    },
  );

  test('captions of one photo are never negatives of each other', async () => {
    // All rows show the same photo, so nothing can be violated and nothing may move.
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 6);
    const options = { objective: objectives['ranking']!, momentum: 0, dropout: 0, normMomentum: 0.99 };
    const { loss, gradient } = await gradientOf(
      onnx,
      weights,
      { ...batch, photos: new Int32Array(6).fill(3) },
      options,
    );
    expect(loss).toBe(0);
    for (const side of sides)
      for (const name of trainable) expect(gradient[side][name].every((v) => v === 0)).toBe(true);
  });

  test('a row of zeros and a batch of one stay finite', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 1);
    for (const objective of Object.values(objectives)) {
      const options = { objective, momentum: 0.9, dropout: 0, normMomentum: 0.99 };
      const zeros = { ...batch, texts: new Float32Array(shapes.text.inputs) };
      weights.text.normBeta.fill(0); // a lone row is its own mean: it normalises to β, here the zero vector
      const { loss, gradient } = await gradientOf(onnx, weights, zeros, options);
      expect(Number.isFinite(loss)).toBe(true);
      for (const name of trainable) expect(gradient.text[name].every(Number.isFinite), name).toBe(true);
    }
  });
});
