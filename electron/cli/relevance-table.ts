/** `evaluate --relevance` as text: how reliable the relevance is, in libraries of one size. */
import type { CutOffReport, RelevanceReport } from '../../models/contract/training.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(7);
const count = (n: number, width: number) => String(n).padStart(width);

export function relevanceTable(report: RelevanceReport): string[] {
  const { photos, loss, bins, levels, sureSearches, captions, phrases, withoutMatch } = report;
  return [
    `Relevance in libraries of ${photos} photos (loss per query ${loss.toFixed(3)})`,
    '  relevance       pairs predicted   in captions: predicted  observed',
    ...bins.map(
      ({ from, to, pairs, predicted, labelledPredicted, observed }) =>
        `  ${from.toFixed(3)}–${to.toFixed(3)}  ${count(pairs, 8)}   ${percent(predicted)}                  ${percent(labelledPredicted)}   ${percent(observed)}`,
    ),
    '  level          photos   right by captions   estimated, with what captions leave out',
    ...Object.entries(levels).map(
      ([level, { pairs, labelled, matches }]) =>
        `  ${level.padEnd(12)} ${count(pairs, 8)}             ${percent(labelled)}   ${percent(Math.min(1, matches))}`,
    ),
    `  ${sureSearches.queries} searches have a sure match; one is right, by captions, in ${percent(sureSearches.right).trim()} of them` +
      ` (of those with a match in the library ${percent(sureSearches.rightWithMatch).trim()})`,
    '  above the cut-off queries   shown   recall  precision   found    sure  likely',
    cutOffLine('captions', captions),
    cutOffLine('phrases', phrases),
    cutOffLine('without match', withoutMatch),
  ];
}

function cutOffLine(title: string, report: CutOffReport | null): string {
  if (!report) return `  ${title.padEnd(13)}     none`;
  const { queries, shown, recall, precision, found, sure, likely } = report;
  return [
    `  ${title.padEnd(13)}`,
    count(queries, 7),
    count(shown, 6),
    ...[recall, precision, found, sure, likely].map(percent),
  ].join('  ');
}
