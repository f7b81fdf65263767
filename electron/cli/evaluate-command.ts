/** `evaluate`. */
import type { Evaluation, Split, WordGroup, WordReport } from '../../models/contract/training.ts';
import { DescryError } from '../../models/errors.ts';
import type { Recall } from '../ipc/contract.ts';
import { distinctFolders } from '../services/training/training-folders.ts';
import { follow, recallTable, updates } from './model-commands.ts';
import { relevanceTable } from './relevance-table.ts';
import type { Session } from './session.ts';

export interface EvaluateOptions {
  readonly dataset: readonly string[];
  readonly split: Split | 'all';
  /** several are compared in one table */
  readonly model?: readonly string[];
  readonly relevance?: boolean;
}

/**
 * JSON: the report; of several folders or models an array of reports, model by model in the order of the folders. Relevance is measured
 * in libraries of photos of all folders: with several, its report is the last one, with their names in `datasets`.
 */
export async function evaluate(options: EvaluateOptions, session: Session): Promise<void> {
  const { descry, out, signal } = session;
  const { split, relevance } = options;
  const models = options.model ?? [descry.models.inUse()];
  const datasets = distinctFolders(options.dataset);
  if (models.length > 1) return compareModels([...new Set(models)], datasets, options, session);
  const model = models[0]!;
  const show = updates(out.json ? { ...out, json: false } : out);
  const evaluations: Measured[] = [];
  for (const dataset of datasets) {
    const alone = { relevance: relevance && datasets.length === 1, signal };
    const run = descry.training.evaluate([dataset], split, model, alone);
    evaluations.push({ model, dataset, ...(await follow(run, show)) });
  }
  const reports = evaluations.map(reportOf);
  const together =
    relevance && datasets.length > 1
      ? await follow(descry.training.evaluate(datasets, split, model, { relevance, signal }), show)
      : null;
  const joint = together
    ? [{ model, datasets, photos: together.photos, captions: together.captions, relevance: together.relevance }]
    : [];
  out.result(reports.length === 1 ? reports[0] : [...reports, ...joint], () =>
    [
      ...evaluations.map((evaluation) => evaluationText(split, evaluation, datasets.length > 1)),
      ...(together
        ? [`${datasets.length} folders together\n${(together.relevance ?? []).flatMap(relevanceTable).join('\n')}`]
        : []),
    ].join('\n\n'),
  );
}

type Measured = Evaluation & { readonly model: string; readonly dataset: string };

const reportOf = ({ model, dataset, photos, captions, recalls, words, relevance }: Measured) => ({
  ...{ model, dataset, photos, captions, ...recalls, words },
  ...(relevance ? { relevance } : {}),
});

/** Several models, of any encoders, on the same folders: a table for each folder. */
async function compareModels(
  models: readonly string[],
  datasets: readonly string[],
  { split, relevance }: EvaluateOptions,
  { descry, out, signal }: Session,
): Promise<void> {
  if (relevance) throw new DescryError('usage', '--relevance measures one model: name one with --model.');
  // Before the first is measured, which may take minutes.
  const encoders = new Map(models.map((model) => [model, descry.models.encoderOf(model).title]));
  const seeds = await Promise.all(models.map((model) => descry.models.seedOf(model)));
  // A model that was trained on nothing is measured on the photos that another one was not trained on.
  const usual = seeds.find((seed) => seed !== null) ?? undefined;
  const show = updates(out.json ? { ...out, json: false } : out);
  const measured: Measured[] = [];
  for (const [i, model] of models.entries()) {
    for (const dataset of datasets) {
      const run = descry.training.evaluate([dataset], split, model, { seed: seeds[i] ?? usual, signal });
      measured.push({ model, dataset, ...(await follow(run, show)) });
    }
  }
  out.result(measured.map(reportOf), () =>
    datasets
      .map((dataset) =>
        modelTable(
          split,
          measured.filter((one) => one.dataset === dataset),
          encoders,
        ),
      )
      .join('\n\n'),
  );
}

function modelTable(split: string, measured: readonly Measured[], encoders: ReadonlyMap<string, string>): string {
  const { dataset, photos, captions } = measured[0]!;
  const columns = ({ r1, r5, r10 }: Recall) => [r1, r5, r10].map((share) => share.toFixed(1).padStart(6)).join('');
  const widths = [
    Math.max(5, ...measured.map(({ model }) => model.length)),
    Math.max(7, ...measured.map(({ model }) => encoders.get(model)!.length)),
  ] as const;
  const line = (model: string, encoder: string, recalls: string) =>
    `  ${model.padEnd(widths[0])}  ${encoder.padEnd(widths[1])}  ${recalls}`;
  const heads = ['R@1', 'R@5', 'R@10'].map((head) => head.padStart(6)).join('');
  return [
    `${photos} photos with ${captions} captions (${dataset}, ${split})`,
    line('', '', `${'text → photo'.padEnd(18)}   photo → text`),
    line('model', 'encoder', `${heads}   ${heads}`),
    ...measured.map(({ model, recalls: { textToImage, imageToText } }) =>
      line(model, encoders.get(model)!, `${columns(textToImage)}   ${columns(imageToText)}`),
    ),
  ].join('\n');
}

function evaluationText(
  split: EvaluateOptions['split'],
  { model, dataset, photos, captions, recalls, words, relevance }: Measured,
  several: boolean,
): string {
  return [
    `${model} on ${photos} photos with ${captions} captions (${several ? `${dataset}, ` : ''}${split})`,
    ...recallTable(recalls),
    ...(words ? wordTable(words) : []),
    ...(relevance ?? []).flatMap(relevanceTable),
  ].join('\n');
}

function wordTable({ rare, known, common }: WordReport): string[] {
  const line = (title: string, { queries, map }: WordGroup) =>
    `  ${title.padEnd(29)} ${String(queries).padStart(5)} words  ${map === null ? '–' : `${(100 * map).toFixed(1)} %`}`;
  return [
    'Mean average precision of single words, by how many training captions had them',
    line('rare (fewer than 20, or none)', rare),
    line('known (20–200)', known),
    line('common (more than 200)', common),
  ];
}
