/** The trained models: which there are, which is in use. */
import type { ModelSummary } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';

class Models {
  list = $state.raw<readonly ModelSummary[]>([]);
  /** the model that is being switched to */
  switchingTo = $state<string | null>(null);
  readonly inUse = $derived(this.list.find((model) => model.inUse) ?? null);

  async start(): Promise<void> {
    on('models.changed', () => void this.load());
    on('library.restarted', () => void this.load());
    await this.load();
  }

  async load(): Promise<void> {
    await attempt(async () => (this.list = await request('models.list')));
  }

  async use(id: string): Promise<void> {
    this.switchingTo = id;
    await attempt(async () => {
      await request('models.use', { id });
      toasts.show(texts.models.switched(id));
    });
    this.switchingTo = null;
    await this.load();
  }

  async remove(id: string): Promise<void> {
    await attempt(() => request('models.remove', { id }));
    await this.load();
  }

  async import(): Promise<void> {
    await attempt(async () => {
      const model = await request('models.import');
      if (!model) return;
      toasts.show(texts.models.imported(model.id));
      await this.load();
    });
  }

  async export(id: string): Promise<void> {
    await attempt(async () => {
      const path = await request('models.export', { id });
      if (path) toasts.show(texts.models.exported(path));
    });
  }
}

export const models = new Models();
