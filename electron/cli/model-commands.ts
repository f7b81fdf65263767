/** `train` and `models`. */
import path from 'node:path';
import { DescryError, errorMessage, reasonOf } from '../../models/errors.ts';
import type { Recipe, TrainingSupport } from '../../models/contract/training.ts';
import { readRegularFile } from '../../models/files/regular-file.ts';
import type { ModelSummary, Recalls, SetRecalls, WordKnowledge } from '../ipc/contract.ts';
import { duration, elapsed, fileSize } from '../ipc/format.ts';
import { distinctFolders } from '../services/training/training-folders.ts';
import type { TrainingUpdate } from '../services/training/training.ts';
import type { Session } from './session.ts';
import { lostModelText } from './switch-command.ts';
import type { ProgressBar } from './terminal.ts';

export interface TrainOptions {
  readonly dataset: readonly string[];
  readonly photos?: readonly string[];
  readonly encoder?: string;
  readonly recipe: string;
  readonly epochs?: number;
  readonly seed: number;
  readonly name?: string;
  readonly init?: string;
  readonly final?: boolean;
  readonly fresh?: boolean;
  readonly captions?: string;
}

export async function train(options: TrainOptions, { descry, out, signal }: Session): Promise<void> {
  const encoder = encoderToTrain(options, descry);
  const support = descry.training.support(encoder);
  if ((options.photos ?? []).length > 0 && !support.learnsWithoutCaptions) {
    throw new DescryError('usage', `Models of ${encoder} learn from captioned photos only: leave out --photos.`);
  }
  const { least, most } = support.epochLimits;
  if (options.epochs !== undefined && (options.epochs < least || options.epochs > most)) {
    throw new DescryError('usage', `--epochs must be a whole number, from ${least} to ${most}.`);
  }
  const named = await findRecipe(options.recipe, support);
  const recipe = options.epochs === undefined ? named : support.withEpochs(named, options.epochs);
  const request = {
    datasets: distinctFolders(options.dataset),
    photos: distinctFolders(options.photos ?? []),
    recipe,
    seed: options.seed,
    name: options.name ?? recipe.name,
    init: options.init ?? null,
    final: options.final === true,
    captions: options.captions === undefined ? null : path.resolve(options.captions),
    ...(encoder === undefined ? {} : { encoder }),
  };
  if (options.fresh) await descry.training.forget(request);
  if (support.needsMaps(recipe)) out.notice(await effort(request.datasets, recipe, descry));
  const show = updates(out);
  let start: Recalls | null = null;
  let networks = 1;
  const update = (one: TrainingUpdate) => {
    if (one.kind === 'start') start = one.recalls;
    if (one.kind === 'epoch') networks = one.joined?.networks ?? 1;
    show.update(one);
  };
  const run = descry.training.run(request, signal);
  const { model, epoch, recalls, sets, seconds } = await follow(run, { update, stop: show.stop });
  const known = { model, epoch, recipe: recipe.name, startRecall: start, valRecall: recalls, ...bySet(sets), seconds };
  out.result({ kind: 'summary', ...known }, () =>
    [
      epoch === 0
        ? `Trained ${model} in ${elapsed(seconds)}; no epoch found more than what the run began with, which was kept.`
        : `Trained ${model} in ${elapsed(seconds)}; ${keptEpoch(epoch, networks)}.`,
      ...(start ? ['before:', ...recallTable(start), 'after:'] : []),
      ...(recalls ? recallTable(recalls) : []),
      ...(sets.length > 1 ? sets.flatMap(setTable) : []),
      `Use it: descry models use ${model}`,
    ].join('\n'),
  );
}

const keptEpoch = (epoch: number, networks: number) =>
  networks === 1
    ? `epoch ${epoch} was kept`
    : `${networks} networks were joined, and of the first its epoch ${epoch} was kept`;

/**
 * The one that is named, that of the model to start from, or that of the model in use where it can be trained.
 * @returns undefined for the one that Descry comes with: so earlier versions named their runs, which go on
 */
function encoderToTrain({ encoder, init }: TrainOptions, { training, models, encoders }: Session['descry']) {
  const id = encoder ?? (init === undefined ? training.trainable()[0]?.encoder.id : models.encoderOf(init).id);
  return id === encoders.first.id ? undefined : id;
}

/** Fine-tuning takes long and needs disk space: both are said before. */
async function effort(datasets: readonly string[], recipe: Recipe, { training }: Session['descry']): Promise<string> {
  let [seconds, bytes] = [0, 0];
  for (const dataset of datasets) {
    const { trainingTimes, secondsToEncode } = await training.check(dataset, { recipes: { [recipe.name]: recipe } });
    const { secondsBefore, secondsPerEpoch, epochs, maps } = trainingTimes[recipe.name]!;
    const parts = [secondsToEncode, maps?.seconds, secondsBefore, epochs * secondsPerEpoch];
    seconds += parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
    bytes += maps?.bytes ?? 0;
  }
  return (
    `Fine-tuning takes about ${duration(seconds)} on two cores, and ${fileSize(bytes)} of disk space until it ends. ` +
    'It can be interrupted; the same command goes on.'
  );
}

interface Updates {
  update(update: TrainingUpdate): void;
  stop(): void;
}

export async function follow<Result>(run: AsyncGenerator<TrainingUpdate, Result>, show: Updates): Promise<Result> {
  try {
    let next = await run.next();
    for (; !next.done; next = await run.next()) show.update(next.value);
    return next.value;
  } finally {
    show.stop(); // a progress bar that is not stopped hides the cursor
  }
}

/** An update as JSON for programs; all times are in seconds, `eta` too. */
function forPrograms(update: TrainingUpdate): object {
  if (update.kind === 'encoding' || update.kind === 'resumed' || update.kind === 'pretraining') return update;
  if (update.kind === 'no-samples') return update;
  if (update.kind === 'start') {
    return { kind: 'start', valRecall: update.recalls, ...bySet(update.sets) };
  }
  const { kind, epoch, epochs, steps, loss, seconds, secondsLeft, joined } = update;
  const step = update.kind === 'step' ? update.step : steps;
  const times = { seconds: Number(seconds.toFixed(3)), eta: secondsLeft && Number(secondsLeft.toFixed(1)) };
  const line = { kind, epoch, epochs, ...(joined ? { joined } : {}), step, steps, loss };
  if (update.kind === 'step') return { ...line, valRecall: null, ...times };
  return { ...line, valRecall: update.recalls, ...bySet(update.sets), best: update.best, ...times };
}

/** Of several datasets the recall of each, by its name; of one it would only repeat the recall. */
function bySet(sets: readonly SetRecalls[]): { valRecallBySet?: Record<string, Recalls> } {
  if (sets.length < 2) return {};
  return { valRecallBySet: Object.fromEntries(sets.map(({ set, recalls }) => [set, recalls])) };
}

/** One JSON object a line for programs; for people a bar while photos are encoded and a line per epoch. */
export function updates(out: Session['out']): Updates {
  let bar: ProgressBar | undefined;
  let title = '';
  const barFor = (wanted: string) => {
    if (wanted !== title) bar?.stop();
    if (wanted !== title) bar = undefined;
    title = wanted;
    return (bar ??= out.bar(wanted));
  };
  return {
    update(update) {
      if (update.kind === 'no-samples') return; // sample searches are the window's
      if (out.json) {
        out.result(forPrograms(update), () => '');
      } else if (update.kind === 'encoding') {
        const what = update.captions ? 'Encoding captions' : 'Encoding photos';
        barFor(update.maps ? 'Preparing photos for fine-tuning' : what).update(
          update.done,
          update.total,
          `${update.photosPerSecond.toFixed(1)} a second`,
        );
      } else if (update.kind === 'pretraining') {
        barFor('Pre-training on captions').update(update.step, update.steps, `loss ${update.loss.toFixed(4)}`);
      } else if (update.kind === 'resumed') {
        const { network, epoch } = update.joined ?? { network: 1, epoch: update.epoch };
        out.notice(`Resumed after epoch ${epoch}${update.joined ? ` of network ${network}` : ''}.`);
      } else if (update.kind === 'start') {
        out.notice(`Before training: ${inShort(update.recalls)}${ofSets(update.sets)}`);
      } else if (update.kind === 'step') {
        const left = update.secondsLeft === null ? '' : `, ${duration(update.secondsLeft)} left`;
        barFor(epochOf(update)).update(update.step, update.steps, `loss ${update.loss.toFixed(4)}${left}`);
      } else {
        bar?.stop();
        bar = undefined;
        const found = update.recalls ? `, ${inShort(update.recalls)}` : '';
        const best = update.best ? ' (best)' : '';
        out.notice(`${epochOf(update)}: loss ${update.loss.toFixed(4)}${found}${ofSets(update.sets)}${best}`);
      }
    },
    stop: () => bar?.stop(),
  };
}

/** Of networks that are joined, each counts its own. */
function epochOf({ epoch, epochs, joined }: Extract<TrainingUpdate, { kind: 'step' | 'epoch' }>): string {
  if (!joined) return `Epoch ${epoch} of ${epochs}`;
  return `Network ${joined.network} of ${joined.networks}, epoch ${joined.epoch} of ${joined.epochs}`;
}

const inShort = ({ textToImage: { r1, r10 } }: Recalls) => `text → photo R@1 ${r1.toFixed(1)} R@10 ${r10.toFixed(1)}`;

const ofSets = (sets: readonly SetRecalls[]) => (sets.length < 2 ? '' : `; ${sets.map(setInShort).join(', ')}`);

async function findRecipe(named: string, { recipes, parse }: TrainingSupport): Promise<Recipe> {
  const known = Object.hasOwn(recipes, named) ? recipes[named] : undefined;
  if (known) return known;
  let text: string;
  try {
    text = String(await readRegularFile(named, { largest: 2 ** 20 }));
  } catch (error) {
    throw new DescryError(
      'recipe-invalid',
      `${named} is neither a recipe (${Object.keys(recipes).join(', ')}) nor a recipe file that can be read: ${reasonOf(error)}`,
    );
  }
  try {
    return parse(JSON.parse(text), named);
  } catch (error) {
    if (error instanceof DescryError) throw error;
    throw new DescryError('recipe-invalid', `${named} is not JSON: ${errorMessage(error)}`);
  }
}

export async function listModels({ descry, out }: Session): Promise<void> {
  const models = await descry.models.list();
  const lost = descry.models.lost();
  const there = new Set(descry.encoders.all.map(({ id }) => id));
  out.result(models, () =>
    [
      ...models.map((model) => modelLine(model, model.encoder !== null && !there.has(model.encoder))),
      ...(lost ? [lostModelText(lost)] : []),
    ].join('\n'),
  );
  if (lost && out.json) out.notice(lostModelText(lost));
}

export { useModel } from './switch-command.ts';

export async function removeModel(id: string, { descry, out, signal }: Session): Promise<void> {
  await descry.removeModel(id, undefined, signal);
  out.result(
    { removed: id, model: descry.models.inUse() },
    () => `${id} was removed; ${descry.models.inUse()} is in use.`,
  );
}

export async function importModel(file: string, { descry, out }: Session): Promise<void> {
  const id = await descry.models.import(file);
  out.result(await descry.models.summary(id), () => `${file} is in the list as ${id}. Use it: descry models use ${id}`);
}

export async function exportModel(id: string, file: string, { descry, out }: Session): Promise<void> {
  await descry.models.export(id, file);
  out.result({ model: id, file: path.resolve(file) }, () => `${id} was written to ${file}.`);
}

/** @param isLost its encoder is damaged or not there */
function modelLine(model: ModelSummary, isLost: boolean): string {
  const { id, encoder, recipe, data, outdatedFeatures, recall, createdAt, bytes, inUse, measuredOn } = model;
  const recalls = recall ? inShort(recall) : 'not measured';
  const remark = measuredOn
    ? `, measured on ${measuredOn}`
    : data === null
      ? ', made by another version of Descry'
      : outdatedFeatures
        ? ', trained on photo features of an earlier version'
        : '';
  const unusable = isLost ? `, cannot be used: its encoder ${encoder} is damaged or not on this computer` : '';
  const size = bytes === 0 ? 'no file of its own' : fileSize(bytes);
  const date = new Date(createdAt).toISOString().slice(0, 10);
  return `${inUse ? '*' : ' '} ${id.padEnd(20)} ${(recipe ?? '–').padEnd(10)} ${recalls}, ${date}, ${size}${remark}${unusable}${wordsOf(model)}`;
}

/** What a model knows, below its line. */
function wordsOf({ words }: ModelSummary): string {
  if (words === null) return '';
  const line = (title: string, { count, examples }: WordKnowledge['learnt']) =>
    `\n${' '.repeat(23)}${title}: ${count} words${examples.length > 0 ? ` (${examples.join(', ')})` : ''}`;
  return [
    line('learnt from captions', words.learnt),
    line('known by what ResNet50 tells apart', words.byClasses),
    line('known only by words of similar meaning', words.bySimilar),
  ].join('');
}

export function recallTable({ textToImage, imageToText }: Recalls): string[] {
  const line = (title: string, { r1, r5, r10, medianRank }: Recalls['textToImage']) =>
    `  ${title}  R@1 ${r1.toFixed(1)}  R@5 ${r5.toFixed(1)}  R@10 ${r10.toFixed(1)}  median rank ${medianRank}`;
  return [line('text → photo', textToImage), line('photo → text', imageToText)];
}

const setInShort = ({ set, recalls: { textToImage } }: SetRecalls) =>
  `${set} ${textToImage.r1.toFixed(1)} ${textToImage.r10.toFixed(1)}`;

const setTable = ({ set, photos, recalls }: SetRecalls) => [`${set}, ${photos} photos:`, ...recallTable(recalls)];
