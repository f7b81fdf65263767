/** The training run: what is chosen for it, how it goes, and its result. The services carry it out. */
import type { TrainableEncoder, TrainingSettings, TrainingState } from '../../electron/ipc/contract.ts';
import { limits } from '../../electron/ipc/limits.ts';
import { on, request } from '../base/api.ts';
import { attempt } from './attempt.ts';
import { models } from './models.svelte.ts';
import { trainingFolders, type TrainedOn } from './training-folders.svelte.ts';
import {
  askedFields,
  checkField,
  checkNumber,
  formFields,
  setField,
  timeOfForm,
  type SetFields,
} from './recipe-fields.ts';

/** in the order in which they are offered */
const recipeNames: readonly TrainingSettings['recipe'][] = ['default', 'seed', 'tuned', 'advanced'];

class Training {
  run = $state.raw<TrainingState | null>(null);
  recipe = $state<TrainingSettings['recipe']>('default');
  fromCurrent = $state(false);
  name = $state('');
  seed = $state('1');
  /** a request that changes the run is on its way */
  acting = $state(false);
  /** what models can be trained on, that of the model in use first */
  encoders = $state.raw<readonly TrainableEncoder[]>([]);
  /** id of the one that was chosen; null: none was */
  #chosen = $state<string | null>(null);
  readonly encoder = $derived(this.encoders.find(({ id }) => id === this.#chosen) ?? this.encoders[0] ?? null);
  readonly recipes = $derived(
    recipeNames.filter((name) =>
      name === 'advanced' ? this.form !== null : this.encoder === null || this.encoder.recipes.includes(name),
    ),
  );
  /** whether a run can start from the model in use: it is of the same encoder */
  readonly canStartFromCurrent = $derived(this.encoder?.inUse ?? true);
  /** of the advanced recipe; null: there is none */
  readonly form = $derived(this.encoder?.form ?? null);
  #set = $state.raw<SetFields>({});
  /** what the form holds, by the names of its fields */
  readonly fields = $derived(this.form ? formFields(this.form, this.#set) : {});
  /** the fields that are asked for with the choices made */
  readonly asked = $derived(this.form ? askedFields(this.form, this.fields) : []);

  readonly active = $derived(this.run !== null && ['encoding', 'training', 'paused'].includes(this.run.state));
  /** the recipe by whose times the chosen one is estimated, and the epochs that were set by hand, or null */
  readonly time = $derived.by(() => {
    const { recipe, form, fields } = this;
    const of = recipe === 'advanced' && form ? timeOfForm(form, fields) : { recipe, epochs: 'epochs' };
    const byHand = recipe === 'advanced' ? Number(fields[of.epochs]) : 0;
    return { recipe: of.recipe, epochs: Number.isInteger(byHand) && byHand > 0 ? byHand : null };
  });
  /** of encoding and training as they are chosen */
  readonly estimatedSeconds = $derived.by(() => {
    const { time } = this;
    return trainingFolders.seconds(time.recipe, time.epochs);
  });
  /** on the disk: for features, and until the run ends for maps */
  readonly estimatedBytes = $derived(trainingFolders.bytes(this.time.recipe));
  /** what is wrong with the fields of the advanced recipe, by name */
  readonly problems = $derived.by(() => {
    const found: Record<string, string> = {};
    if (this.recipe === 'advanced') {
      for (const field of this.asked) {
        const problem = checkField(field, this.fields[field.name] ?? '');
        if (problem) found[field.name] = problem;
      }
    }
    return found;
  });
  readonly seedProblem = $derived(checkNumber({ least: 0, most: limits.seed, whole: true }, this.seed));
  readonly ready = $derived(
    trainingFolders.complete && Object.keys(this.problems).length === 0 && this.seedProblem === null && !this.acting,
  );

  async start(): Promise<void> {
    on('training.progress', (run) => (this.run = run));
    on('library.restarted', () => void this.#loadAll());
    on('models.changed', () => void this.#loadEncoders());
    on('encoders.changed', () => void this.#loadEncoders());
    await this.#loadAll();
  }

  async #loadAll(): Promise<void> {
    await Promise.all([this.load(), this.#loadEncoders()]);
  }

  async #loadEncoders(): Promise<void> {
    await attempt(async () => (this.encoders = await request('training.encoders')));
    await this.#follow();
  }

  async chooseEncoder(id: string): Promise<void> {
    this.#chosen = id;
    // Fields of the same name have other values with it.
    this.#set = {};
    await this.#follow();
  }

  /** What depends on the encoder. */
  async #follow(): Promise<void> {
    if (!this.recipes.includes(this.recipe)) this.recipe = 'default';
    if (!this.canStartFromCurrent) this.fromCurrent = false;
    await trainingFolders.trainOn(this.#trainedOn, this.encoder?.learnsWithoutCaptions ?? true);
  }

  get #trainedOn(): TrainedOn {
    return this.encoder?.added ? { encoder: this.encoder.id } : {};
  }

  async load(): Promise<void> {
    await attempt(async () => (this.run = await request('training.state')));
  }

  /** of the advanced recipe, by hand */
  set(name: string, value: string): void {
    if (this.form) this.#set = setField(this.form, this.#set, name, value);
  }

  async begin(currentModel: string | null): Promise<void> {
    if (!this.ready) return;
    await this.#act(() =>
      request('training.start', {
        datasets: trainingFolders.datasets.map(({ path }) => path),
        photos: this.encoder?.learnsWithoutCaptions === false ? [] : trainingFolders.photos.map(({ path }) => path),
        recipe: this.recipe,
        overrides: this.recipe === 'advanced' ? this.#overrides() : {},
        name: this.name.trim() === '' ? null : this.name.trim(),
        init: this.fromCurrent ? currentModel : null,
        seed: Number(this.seed),
        ...this.#trainedOn,
      }),
    );
  }

  #overrides(): Record<string, string | number> {
    return Object.fromEntries(
      this.asked.map((field) => {
        const value = this.fields[field.name] ?? '';
        return [field.name, 'choices' in field ? value : Number(value)];
      }),
    );
  }

  pause = () => this.#act(() => request('training.pause'));
  resume = () => this.#act(() => request('training.resume'));
  cancel = () => this.#act(() => request('training.cancel'));
  settle = (decision: 'keep' | 'discard') => this.#act(() => request('training.settle', { decision }));

  /** Uses the finished model, after the question that a change of model asks. */
  async use(): Promise<void> {
    const id = this.run?.model;
    if (id === undefined) return;
    const settle = () => request('training.settle', { decision: 'use' });
    await models.choose(id, () => this.#act(() => models.use(id, settle)));
  }

  async #act(work: () => Promise<void>): Promise<void> {
    this.acting = true;
    await attempt(work);
    await this.load();
    this.acting = false;
  }
}

export const training = new Training();
