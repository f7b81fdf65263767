/** Ids of new models. */
import { modelId } from '../../ipc/contract.ts';
import { firstFree } from '../shared/first-free.ts';

/** The wished name without what an id may not hold, and a number where that is taken. */
export function freeId(name: string, isTaken: (id: string) => boolean): string {
  const cleaned = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 56);
  const base = modelId.safeParse(cleaned).success ? cleaned : 'model';
  return firstFree((n) => (n === 1 ? base : `${base}-${n}`), isTaken);
}
