/** What the user is told before saying yes to updates: who is asked, when, and what that one learns. */
import type { AppInfo } from '../../electron/ipc/contract.ts';

export function updatesHint({ host, installs }: NonNullable<AppInfo['updates']>): string {
  const then = installs
    ? 'A new version is fetched from there, checked, and installed when you quit.'
    : 'You are told of a new version, and install it yourself.';
  return (
    `Off, Descry asks nobody. On, it asks ${host} once a day for the list of versions; nothing about you or your photos is ` +
    `sent, but that server sees your internet address. ${then}`
  );
}
