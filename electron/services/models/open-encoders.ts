/** The list of encoders, each opened with its weights when a model or a photo first needs it. */
import type { Encoder, OpenEncoder } from '../../../models/contract/encoder.ts';
import type { FoundWeights } from '../../../models/contract/weights.ts';
import { findEncoder } from '../../../models/encoders.ts';
import type { Engine } from '../../../models/engine/engine.ts';
import { Retryable } from '../../../models/retryable.ts';
import type { FeatureForm } from '../../store/feature-form.ts';
import type { Store } from '../../store/store.ts';

export interface OpenEncodersOptions {
  /** the first is that of the built-in model, and of models that do not name one */
  readonly encoders: readonly Encoder[];
  /** those that the user added to this machine; the same list as long as nothing has changed */
  readonly added?: () => readonly Encoder[];
  readonly store: Store;
  readonly weights: (encoder: Encoder) => Promise<FoundWeights>;
  readonly engine: () => Promise<Engine>;
}

/** An encoder on this machine. */
export interface ReadyEncoder {
  readonly encoder: Encoder;
  readonly open: OpenEncoder;
  /** key of its features in the cache */
  readonly features: string;
}

const none: readonly Encoder[] = [];

export class OpenEncoders {
  readonly #options: OpenEncodersOptions;
  readonly #opened = new Map<string, { readonly encoder: Encoder; readonly ready: Retryable<ReadyEncoder> }>();
  #all: { readonly added: readonly Encoder[]; readonly together: readonly Encoder[] } | undefined;

  constructor(options: OpenEncodersOptions) {
    this.#options = options;
  }

  get all(): readonly Encoder[] {
    const { encoders, added } = this.#options;
    const there = added?.() ?? none;
    if (this.#all?.added !== there) {
      const others = there.filter(({ id }) => !encoders.some((own) => own.id === id));
      this.#all = { added: there, together: [...encoders, ...others] };
    }
    return this.#all.together;
  }

  get first(): Encoder {
    return this.#options.encoders[0]!;
  }

  /** @throws DescryError `model-incompatible` */
  find(id: string): Encoder {
    return findEncoder(id, this.all);
  }

  /** @throws DescryError the errors of fetching its weights */
  ready(id: string): Promise<ReadyEncoder> {
    const encoder = this.find(id);
    const known = this.#opened.get(id);
    // Another one may have been added under the same id.
    const opened = known?.encoder === encoder ? known : { encoder, ready: new Retryable(() => this.#open(encoder)) };
    this.#opened.set(id, opened);
    return opened.ready.get();
  }

  /** Its weights are loaded again by what opens next: they were damaged. */
  reset(id: string): void {
    this.#opened.delete(id);
  }

  async #open(encoder: Encoder): Promise<ReadyEncoder> {
    const { store, weights, engine } = this.#options;
    const open = encoder.open(await weights(encoder), engine);
    return { encoder, open, features: store.encoders.key(open.identity, formOf(encoder)) };
  }
}

/** How a library stores its features. */
export const formOf = ({ stored }: Pick<Encoder, 'stored'>): FeatureForm => stored ?? 'halves';
