/** Keys that work anywhere in the window, and the commands of the native menu. */
import { on } from '../base/api.ts';
import { library } from '../state/library.svelte.ts';
import { viewer } from '../state/viewer.svelte.ts';
import { navigation, views } from '../state/navigation.svelte.ts';

const typesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.matches('input:not([type=checkbox], [type=radio], [type=range]), textarea, select');

export function globalKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || viewer.open || document.querySelector('dialog[open]')) return;
  const modifier = event.ctrlKey || event.metaKey;
  if (modifier && !event.altKey && event.key.toLowerCase() === 'k') {
    navigation.focusSearch();
  } else if (modifier && !event.altKey && /^[1-4]$/.test(event.key)) {
    navigation.go(views[Number(event.key) - 1]!);
  } else if (!modifier && event.key === '/' && !typesText(event.target)) {
    navigation.focusSearch();
  } else if (!modifier && event.key === '?' && !typesText(event.target)) {
    navigation.shortcutsShown = true;
  } else {
    return;
  }
  event.preventDefault();
}

export function carryOutMenuCommands(): () => void {
  const offCommand = on('menu.command', (command) => {
    viewer.close();
    switch (command) {
      case 'focus-search':
        return navigation.focusSearch();
      case 'open-library':
        return navigation.go('library');
      case 'open-settings':
        return navigation.go('settings');
      case 'open-training':
        return navigation.go('training');
      case 'add-folder':
        return void library.chooseFolders();
      case 'shortcuts':
        navigation.shortcutsShown = true;
    }
  });
  const offSearch = on('search.requested', () => {
    viewer.close();
    navigation.focusSearch();
  });
  return () => {
    offCommand();
    offSearch();
  };
}
