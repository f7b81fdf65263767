/** The training run: what is chosen for it, how it goes, and its result. The services carry it out. */
import type { RecipeForm, TrainingSettings, TrainingState } from '../../electron/ipc/contract.ts';
import { limits } from '../../electron/ipc/limits.ts';
import { on, request } from '../base/api.ts';
import { attempt } from './attempt.ts';
import { trainingFolders } from './training-folders.svelte.ts';
import {
  askedFields,
  checkField,
  checkNumber,
  formFields,
  setField,
  timeOfForm,
  type SetFields,
} from './recipe-fields.ts';

class Training {
  run = $state.raw<TrainingState | null>(null);
  recipe = $state<TrainingSettings['recipe']>('default');
  fromCurrent = $state(false);
  name = $state('');
  seed = $state('1');
  /** a request that changes the run is on its way */
  acting = $state(false);
  /** of the advanced recipe; null: there is none */
  form = $state.raw<RecipeForm | null>(null);
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
    await this.#loadAll();
  }

  async #loadAll(): Promise<void> {
    await Promise.all([this.load(), attempt(async () => (this.form = await request('training.recipeForm')))]);
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
        photos: trainingFolders.photos.map(({ path }) => path),
        recipe: this.recipe,
        overrides: this.recipe === 'advanced' ? this.#overrides() : {},
        name: this.name.trim() === '' ? null : this.name.trim(),
        init: this.fromCurrent ? currentModel : null,
        seed: Number(this.seed),
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
  settle = (decision: 'use' | 'keep' | 'discard') => this.#act(() => request('training.settle', { decision }));

  async #act(work: () => Promise<void>): Promise<void> {
    this.acting = true;
    await attempt(work);
    await this.load();
    this.acting = false;
  }
}

export const training = new Training();
