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

/** @param photos the library's, undefined as long as it is not open */
export function serveSchemes(
  session: Session,
  photos: () => PhotoSource | undefined,
  log: (message: string, detail?: unknown) => void,
): void {
  session.protocol.handle('app', ({ url }) => answerPage(url, places.page));
  session.protocol.handle('photo', ({ url }) => answerPhoto(url, photos(), log));
}
