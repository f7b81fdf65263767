/** Where a library is; apart from descry.ts, because the window asks before it loads anything else. */
import path from 'node:path';
import envPaths from 'env-paths';

/** The folder of a library: the one that is named, else `DESCRY_HOME`, else the operating system's usual place. */
export function libraryHome(named?: string, environment: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(
    named ?? environment['DESCRY_HOME'] ?? path.join(envPaths('descry', { suffix: '' }).data, 'library'),
  );
}
