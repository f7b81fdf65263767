/** Answers the window's requests for searches. */
import { DescryError } from '../models/errors.ts';
import type { Handlers, LibraryRequest } from './ipc/contract.ts';
import type { Descry } from './services/descry.ts';

/** Searches that are offered again. */
const recentSearches = 12;

type SearchRequest = Extract<LibraryRequest, `search.${string}`> | 'photos.favourite';

export function searchHandlers({ store, search, indexer }: Descry): Pick<Handlers, SearchRequest> {
  return {
    'search.query': ({ limit, first, ...form }) => {
      indexer.stepBack();
      // A list in order of date is cheap, and its end is as likely to be looked at as its start.
      return search.queryOrUnknownWords(form, first ? { limit, allGood: true } : { limit, listLimit: Infinity });
    },
    'search.facets': (form) => search.facets(form),
    'search.picture': async (source) => ({ picture: await search.addPicture(source) }),
    'search.saved': () => store.savedSearches.all(),
    'search.save': ({ id, name, search: form }) => {
      const saved = store.savedSearches.save(id === undefined ? { name, search: form } : { id, name, search: form });
      if (!saved) throw new DescryError('not-found', 'The saved search was removed meanwhile.');
      return saved;
    },
    'search.removeSaved': ({ id }) => store.savedSearches.remove(id),
    'search.recent': () => store.preferences.recentSearches(recentSearches),
    'search.remember': ({ text }) => store.preferences.rememberSearch(text.trim(), Date.now(), recentSearches),
    'search.forget': ({ text }) => store.preferences.forgetSearch(text),
    'photos.favourite': ({ ids, favourite }) => {
      store.favourites.set(ids, favourite);
      search.changed(ids);
    },
  };
}
