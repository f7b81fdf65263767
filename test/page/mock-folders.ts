/** The folders of the mock library. */
import type { LibraryOverview } from '../../electron/ipc/contract.ts';
import type { Scenario } from './scenario.ts';
import { leftOut } from './mock-left-out.ts';

interface MockLibrary {
  /** photos */
  readonly total: number;
  /** share of the photos that are indexed */
  readonly indexedShare: number;
  readonly now: number;
}

export function mockOverview(scenario: Scenario, { total, indexedShare, now }: MockLibrary): LibraryOverview {
  const folder = (id: number, path: string, share: number, state: LibraryOverview['folders'][number]['state']) => ({
    id,
    path,
    state,
    photos: Math.round(total * share),
    indexed: Math.round(total * share * (state === 'away' ? 1 : indexedShare)),
    failures: id === 1 ? (scenario.failures ?? 0) : 0,
    leftOut: scenario.leftOut ? leftOut(id) : [],
    excludes: id === 1 ? ['Screenshots/**', '*.png'] : [],
    lastScan: state === 'waiting' ? null : now - id * 3_600_000,
    absence: null,
    missing: null,
    clock: null,
  });
  const busy = scenario.indexing === 'scanning' || scenario.indexing === 'indexing';
  const travel = '/media/anna/Travel disk';
  const troubled = (): LibraryOverview['folders'] => [
    { ...folder(1, '/home/anna/Pictures', 0.5, 'watching'), missing: { photos: 1204, keep: false } },
    { ...folder(2, '/home/anna/Scans', 0.1, 'watching'), missing: { photos: 310, keep: true } },
    { ...folder(3, '/home/anna/Phone/Camera', 0.1, 'gone'), absence: { kind: 'gone' } },
    { ...folder(4, `${travel}/Photos`, 0.1, 'away'), absence: { kind: 'not-connected', mount: travel } },
    { ...folder(5, '/srv/photos', 0.1, 'watching'), clock: { why: 'watches', everyMs: 180_000 } },
    { ...folder(6, '/net/nas/photos', 0.1, 'watching'), clock: { why: 'network', everyMs: 600_000 } },
  ];
  const folders: LibraryOverview['folders'] =
    scenario.folders === 'none'
      ? []
      : scenario.folders === 'troubled'
        ? troubled()
        : [
            folder(1, '/home/anna/Pictures', 0.71, busy ? 'scanning' : 'watching'),
            folder(2, '/home/anna/Phone/Camera', 0.22, 'watching'),
            {
              ...folder(3, `${travel}/Photos`, 0.07, 'away'),
              absence: { kind: 'not-connected' as const, mount: travel },
            },
          ].slice(0, scenario.folders === 'empty' ? 1 : 3);
  const sum = (of: 'photos' | 'indexed') => folders.reduce((all, one) => all + one[of], 0);
  return { folders, photos: sum('photos'), indexed: sum('indexed'), failures: scenario.failures ?? 0 };
}
