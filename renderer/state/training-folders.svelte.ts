/** The folders that are chosen for a training run: with captions, and without. */
import type { DatasetReport, PhotoFolderReport } from '../../electron/ipc/contract.ts';
import { request } from '../base/api.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';

/** One that is added again is checked anew and keeps its place. */
function withReport<Report extends { readonly path: string }>(reports: readonly Report[], report: Report): Report[] {
  return reports.some(({ path }) => path === report.path)
    ? reports.map((known) => (known.path === report.path ? report : known))
    : [...reports, report];
}

/** The encoder that is trained on; none: the one that Descry comes with. */
export type TrainedOn = Readonly<{ encoder?: string }>;

class TrainingFolders {
  #trainedOn: TrainedOn = {};
  /** photos without captions are of use */
  #usesPhotos = $state(true);
  datasets = $state.raw<readonly DatasetReport[]>([]);
  /** photos without captions */
  photos = $state.raw<readonly PhotoFolderReport[]>([]);
  #checks = $state(0);
  /** the message of a check that failed: it goes with the next check */
  #failed: number | null = null;

  readonly checking = $derived(this.#checks > 0);

  readonly all = $derived([...this.datasets, ...(this.#usesPhotos ? this.photos : [])]);
  /** photos of all datasets by split */
  readonly splits = $derived.by(() => {
    const sum = (split: keyof DatasetReport['splits']) =>
      this.datasets.reduce((photos, dataset) => photos + dataset.splits[split], 0);
    return { train: sum('train'), val: sum('val'), test: sum('test') };
  });
  readonly toEncode = $derived(this.all.reduce((sum, folder) => sum + folder.toEncode, 0));
  /** a run needs photos to train on and photos to measure on, of any of the datasets */
  readonly complete = $derived(this.splits.train > 0 && this.splits.val > 0);

  /**
   * Of encoding, and of a training by a recipe, on the photos of all folders; null: a part of it is not known.
   * @param epochs null: as many as the recipe has
   */
  seconds(recipe: string, epochs: number | null): number | null {
    const training = this.datasets.flatMap(({ trainingTimes }) => {
      const time = trainingTimes[recipe];
      if (!time) return [];
      return [time.maps ? time.maps.seconds : 0, time.secondsBefore, (epochs ?? time.epochs) * time.secondsPerEpoch];
    });
    const parts = [...this.all.map(({ secondsToEncode }) => secondsToEncode), ...training];
    return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
  }

  /** on the disk: for features, and until a run by the recipe ends for maps */
  bytes(recipe: string): number {
    const maps = this.datasets.reduce((sum, { trainingTimes }) => sum + (trainingTimes[recipe]?.maps?.bytes ?? 0), 0);
    return this.all.reduce((sum, folder) => sum + folder.estimatedBytes, maps);
  }

  addDataset = () =>
    this.#check(async () => {
      const report = await request('training.chooseDataset', this.#trainedOn);
      if (report) this.datasets = withReport(this.datasets, report);
    });

  addPhotos = () =>
    this.#check(async () => {
      const report = await request('training.choosePhotos', this.#trainedOn);
      if (report) this.photos = withReport(this.photos, report);
    });

  /** What a training needs depends on the encoder: the folders are checked again for another one. */
  async trainOn(encoder: TrainedOn, learnsWithoutCaptions: boolean): Promise<void> {
    this.#usesPhotos = learnsWithoutCaptions;
    if (encoder.encoder === this.#trainedOn.encoder) return;
    this.#trainedOn = encoder;
    if (this.all.length > 0) await this.recheck();
  }

  removeDataset(path: string): void {
    this.datasets = this.datasets.filter((dataset) => dataset.path !== path);
  }

  removePhotos(path: string): void {
    this.photos = this.photos.filter((folder) => folder.path !== path);
  }

  recheck = () =>
    this.#check(async () => {
      const of = this.#trainedOn;
      const datasets = this.datasets.map(({ path }) => request('training.checkDataset', { ...of, path }));
      const photos = this.photos.map(({ path }) => request('training.checkPhotos', { ...of, path }));
      [this.datasets, this.photos] = await Promise.all([Promise.all(datasets), Promise.all(photos)]);
    });

  async #check(work: () => Promise<void>): Promise<void> {
    this.#checks++;
    if (this.#failed !== null) toasts.dismiss(this.#failed);
    await attempt(work, (toast) => (this.#failed = toast));
    this.#checks--;
  }

  /** Ends the checks that are under way, as the choice of another folder does. */
  stopChecking = () => attempt(() => request('training.stopChecking'));
}

export const trainingFolders = new TrainingFolders();
