/** The library's folder; not in descry.ts, because the window needs it before it loads anything else. */
import path from 'node:path';
import envPaths from 'env-paths';

/** The folder of a library: `named`, else `DESCRY_HOME`, else the operating system's default folder; an empty name is none. */
export function libraryHome(named?: string, environment: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(
    named || environment['DESCRY_HOME'] || path.join(envPaths('descry', { suffix: '' }).data, 'library'),
  );
}
