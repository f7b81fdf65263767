/** What a model was trained on, in words. */
import type { TrainingPhoto, TrainingRun } from '../contract/training.ts';
import { longestTexts } from '../files/plain-text.ts';

/**
 * Of one dataset `flickr, 6091 photos (train); recall on 1000 photos (val)`, of several their parts one after another, and
 * how many photos without captions there were.
 */
export function describeData({ photos, final }: Pick<TrainingRun, 'photos' | 'final'>): string {
  const captioned = photos.filter(({ captions }) => captions.length > 0);
  const sets = [...new Set(captioned.map(({ set }) => set))];
  const parts = sets.map((set) => describeSet(set, captioned, final));
  const without = photos.length - captioned.length;
  const text = [...parts, ...(without > 0 ? [`${without} photos without captions`] : [])].join('; ');
  // A model file with a longer one would be refused.
  return text.length <= longestTexts.data ? text : `${text.slice(0, longestTexts.data - 1)}…`;
}

function describeSet(name: string, photos: readonly TrainingPhoto[], final: boolean): string {
  const count = (wanted: TrainingPhoto['split']) =>
    photos.filter(({ set, split }) => set === name && split === wanted).length;
  const [train, val] = [count('train'), count('val')];
  const trained = final ? `${train + val} photos (train + val)` : `${train} photos (train)`;
  return `${name}, ${trained}${val > 0 ? `; recall on ${val} photos (val)` : ''}`;
}
