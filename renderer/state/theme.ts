/**
 * The theme as `data-theme` on the root: what the user chose, or what the system says. Resolved here rather than in
 * CSS so that the dark colours are written once.
 */
import type { Settings } from '../../electron/ipc/contract.ts';

const system = window.matchMedia('(prefers-color-scheme: dark)');
let chosen: Settings['theme'] = 'system';

function apply(): void {
  const dark = chosen === 'dark' || (chosen === 'system' && system.matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

export function followTheme(): void {
  system.addEventListener('change', apply);
  apply();
}

export function setTheme(theme: Settings['theme']): void {
  chosen = theme;
  apply();
}
