/** Photos without captions as training photos, with captions that are guessed from ResNet50's classes (models/concepts). */
import { imageNetNames } from '../concepts/class-names.ts';
import { classLogits, type Classifier } from '../concepts/concepts.ts';
import { guessCaptions, usualNames } from '../concepts/guessed-captions.ts';
import type { TrainingPhoto } from '../contract/training.ts';
import type { RowProducts } from '../math/rows.ts';
import { averagesOf } from './concepts.ts';

/** A photo whose captions are guesses, which weigh less in training. */
export type GuessedPhoto = TrainingPhoto & { readonly isGuessed: true };

/** Photos whose features are in memory at once. */
const chunk = 512;

/**
 * @param photos without captions
 * @param most how many are wanted: the most certain ones
 * @returns those of whose class the network is certain, in the given order
 */
export async function guessedPhotos(
  products: RowProducts,
  classifier: Classifier,
  photos: readonly TrainingPhoto[],
  most: number,
): Promise<GuessedPhoto[]> {
  const names = usualNames(imageNetNames);
  const classes = classifier.bias.length;
  const guessed: { readonly photo: GuessedPhoto; readonly certainty: number }[] = [];
  for (let from = 0; from < photos.length; from += chunk) {
    const some = photos.slice(from, from + chunk);
    const averages = averagesOf(some, classifier);
    const logits = await classLogits(products, classifier, averages, some.length);
    some.forEach((photo, row) => {
      const guess = guessCaptions(logits.subarray(row * classes, (row + 1) * classes), names);
      if (guess) {
        guessed.push({ photo: { ...photo, captions: guess.captions, isGuessed: true }, certainty: guess.certainty });
      }
    });
  }
  const least = guessed.map(({ certainty }) => certainty).sort((a, b) => b - a)[most] ?? -Infinity;
  return guessed.filter(({ certainty }) => certainty > least).map(({ photo }) => photo);
}
