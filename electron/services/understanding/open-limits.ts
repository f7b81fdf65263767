/** Limits with one end: "before 2010", "since 2020", "no later than May 2016". */
import type { SearchFilter } from '../../ipc/contract.ts';
import { addDays } from './days.ts';

type Lead = 'before' | 'after' | 'since' | 'until';

export const opening: Readonly<Record<string, Lead>> = {
  before: 'before',
  pre: 'before',
  after: 'after',
  since: 'since',
  until: 'until',
  till: 'until',
  til: 'until',
};
export const openingPairs: Readonly<Record<string, Lead>> = {
  'up to': 'until',
  'prior to': 'before',
  'earlier than': 'before',
  'older than': 'before',
  'later than': 'after',
  'newer than': 'after',
  'not before': 'since',
  'not after': 'until',
};

/** @param days of the time that is named */
export function openFilter(lead: Lead, days: { readonly from: string; readonly to: string }): SearchFilter {
  switch (lead) {
    case 'before':
      return { to: addDays(days.from, -1) };
    case 'after':
      return { from: addDays(days.to, 1) };
    case 'since':
      return { from: days.from };
    case 'until':
      return { to: days.to };
  }
}
