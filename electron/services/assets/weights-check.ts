/**
 * Finds out when weights were damaged, and which features were computed with them since: these are computed anew.
 *
 * Samples of the weights are compared whenever they are loaded and after photos were encoded; every week, and after a process
 * that encoded photos ended without closing the library, whole files are hashed. Each check that finds nothing notes the last
 * feature there is: features up to it were made by good weights. If a check finds damage, those after the note of the
 * same kind of check may be wrong: damage in a sample happened since the samples were last compared.
 */
import { z } from 'zod';
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { Store } from '../../store/store.ts';
import { plural } from '../../ipc/format.ts';
import type { Assets, DamagedWeights } from './assets.ts';

export interface WeightsCheckOptions {
  readonly store: Pick<Store, 'preferences' | 'encoders'>;
  readonly assets: (encoder: Encoder) => Pick<Assets, 'check' | 'unchanged'>;
  /** keys of features that other encoders made; absent: there are none */
  readonly ofOthers?: (encoder: Encoder) => readonly string[];
  readonly notice: (message: string, encoder: Encoder) => void;
  /** features were deleted */
  readonly onForgotten: () => void;
}

const week = 7 * 24 * 60 * 60 * 1000;

const notes = z.object({
  /** the last feature when the samples, and when the whole files, were last found as they were made */
  samples: z.int(),
  whole: z.int(),
  /** when the whole files were hashed, ms since the epoch */
  at: z.number(),
  /** photos are being encoded, or the process that did so ended without closing the library */
  encoding: z.boolean(),
});
type Notes = z.infer<typeof notes>;

const unknown: Notes = { samples: 0, whole: 0, at: 0, encoding: false };

export class WeightsCheck {
  readonly #options: WeightsCheckOptions;
  readonly #encoding = new Set<Encoder>();

  constructor(options: WeightsCheckOptions) {
    this.#options = options;
  }

  /** Photos are going to be encoded by weights whose samples were just compared. */
  begin(encoder: Encoder): void {
    if (this.#encoding.has(encoder)) return;
    this.#encoding.add(encoder);
    this.#note(encoder, { samples: this.#lastFeature(), encoding: true });
  }

  /** Photos were encoded: compares samples again, so that the next damage is known to have come later. */
  async end(): Promise<void> {
    for (const encoder of this.#encoding) {
      this.#encoding.delete(encoder);
      const last = this.#lastFeature();
      // What is damaged now is found, and its features are deleted, when the weights are loaded the next time.
      const good = await this.#options
        .assets(encoder)
        .unchanged()
        .catch(() => false);
      this.#note(encoder, { encoding: false, ...(good ? { samples: last } : {}) });
    }
  }

  isDue(encoder: Encoder): boolean {
    const { at, encoding } = this.#notes(encoder);
    return (encoding && !this.#encoding.has(encoder)) || Math.abs(Date.now() - at) > week;
  }

  /**
   * Hashes the weights of an encoder whole.
   * @returns whether they are damaged: then they are set aside, and `Assets.ensure` makes them again
   */
  async run(encoder: Encoder, signal?: AbortSignal): Promise<boolean> {
    const last = this.#lastFeature();
    const damaged = await this.#options.assets(encoder).check(signal);
    for (const one of damaged) this.damaged(encoder, one, 'whole');
    // Features may have been stored while the files were hashed.
    const good = damaged.some(({ name }) => makesFeatures(encoder, name)) ? {} : { samples: last, whole: last };
    this.#note(encoder, { at: Date.now(), ...(this.#encoding.has(encoder) ? {} : { encoding: false }), ...good });
    return damaged.length > 0;
  }

  /** Says that weights are damaged, and deletes the features that may have been computed with them. */
  damaged(encoder: Encoder, { name, message }: DamagedWeights, by: 'samples' | 'whole'): void {
    const { store, notice, ofOthers, onForgotten } = this.#options;
    const since = this.#notes(encoder)[by];
    const forgotten = makesFeatures(encoder, name) ? store.encoders.removeAfter(since, ofOthers?.(encoder)) : 0;
    const again =
      forgotten > 0
        ? ` What was computed of ${plural(forgotten, 'photo')} since they were last found whole may be wrong, and is computed anew.`
        : '';
    notice(`${message}${encoder.added ? '' : ' They are prepared again.'}${again}`, encoder);
    if (forgotten > 0) onForgotten();
  }

  #lastFeature(): number {
    return this.#options.store.encoders.lastFeature();
  }

  #notes(encoder: Encoder): Notes {
    return notes.safeParse(this.#options.store.preferences.get(key(encoder))).data ?? unknown;
  }

  #note(encoder: Encoder, change: Partial<Notes>): void {
    this.#options.store.preferences.set(key(encoder), { ...this.#notes(encoder), ...change });
  }
}

const key = ({ id }: Encoder) => `weights-check ${id}`;

/** Whether a photo's feature depends on these weights, as those of words do not: then they are part of its identity. */
function makesFeatures({ added, identity, weights }: Encoder, name: string): boolean {
  if (added) return true;
  const ids = Object.fromEntries(weights.map((one) => [one.name, one.name]));
  return identity({ ...ids, [name]: 'other' }).id !== identity(ids).id;
}
