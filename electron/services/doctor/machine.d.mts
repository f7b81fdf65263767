/** Types of machine.mjs, which is plain JavaScript so that any Node can run it before anything is installed. */

export type System = 'debian' | 'fedora' | 'linux' | 'macos' | 'windows';

/** `weak`: it works, but not as well as it could */
export type State = 'good' | 'weak' | 'missing';

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly state: State;
  /** what was found */
  readonly found: string;
  /** how to get what is missing, for each system where that is known; empty where it is good */
  readonly help: Partial<Record<System, string>>;
}

export interface Files {
  readonly read: (file: string) => string | undefined;
}

export function good(id: string, title: string, found: string): Check;
export function everywhere(text: string): Check['help'];
export function systemOf(platform?: NodeJS.Platform, osRelease?: string): System;
export function inPath(program: string, environment?: NodeJS.ProcessEnv): string | undefined;
export function nodeCheck(version: string, least: number): Check;
export function displayCheck(
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
  virtual: string | undefined,
): Check | undefined;
export const electronLibraries: Readonly<Record<string, { readonly debian: string; readonly fedora: string }>>;
export function librariesCheck(platform: NodeJS.Platform, has: (name: string) => boolean): Check | undefined;
export function knownLibraries(
  run?: (program: string, args: string[]) => string | undefined,
): (name: string) => boolean;
export function programCheck(check: {
  readonly id: string;
  readonly title: string;
  readonly program: string;
  readonly use: string;
  readonly help: Check['help'];
  readonly state?: State;
  readonly find?: (program: string) => string | undefined;
}): Check;
export function watchesCheck(platform: NodeJS.Platform, read?: Files['read']): Check | undefined;
/** in bytes: below which there is too little, and below which it is scarce */
export interface Room {
  readonly least: number;
  readonly enough: number;
}
export const roomForLibrary: Room;
export const roomForWeights: Room;
export function diskCheck(id: string, title: string, folder: string, room: Room): Promise<Check>;
export function folderCheck(id: string, title: string, folder: string, variable: string): Promise<Check>;
export function defaultFolders(
  environment?: NodeJS.ProcessEnv,
  platform?: NodeJS.Platform,
  home?: string,
): { readonly library: string; readonly assets: string };
export function report(checks: readonly Check[], system: System): string;
export function isWell(checks: readonly Check[]): boolean;
