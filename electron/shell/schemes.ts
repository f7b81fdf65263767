/** Registers app:// (the page) and photo:// (photos by id). */
import type { Session } from 'electron';
import { protocol } from 'electron';
import { answerPage } from './app-protocol.ts';
import type { PhotoSource } from './photo-protocol.ts';
import { answerPhoto } from './photo-protocol.ts';
import { places } from './places.ts';

/** Must be called before the app is ready. */
export function declareSchemes(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } },
    { scheme: 'photo', privileges: { standard: true, secure: true, stream: true } },
  ]);
}

/**
 * @param photos the library's, undefined as long as it is not open
 * @returns resolves when the page has been given a script
 */
export function serveSchemes(
  session: Session,
  photos: () => PhotoSource | undefined,
  log: (message: string, detail?: unknown) => void,
): Promise<void> {
  let given: () => void = () => undefined;
  const script = new Promise<void>((resolve) => (given = resolve));
  session.protocol.handle('app', async ({ url }) => {
    const answer = await answerPage(url, places.page);
    if (url.endsWith('.js')) given();
    return answer;
  });
  session.protocol.handle('photo', ({ url }) => answerPhoto(url, photos(), log));
  return script;
}
