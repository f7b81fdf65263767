/**
 * Electron's security checklist (electronjs.org/docs/latest/tutorial/security), item by item. Each function says which
 * items it serves; test/e2e/security.test.ts fails when one breaks.
 *
 * Served elsewhere: 7 content security policy (csp.ts), 17 senders of messages (ipc/serve.ts), 18 no file:// page
 * (app-protocol.ts), 19 fuses (build/electron-builder.config.mjs). 15: shell.openExternal is not used at all.
 */
import type { App, Session, WebContents, WebPreferences } from 'electron';
import { errorMessage } from '../../models/errors.ts';

/** Host and scheme of our own page. */
export const page = 'app://descry/index.html';

/** Items 2, 3, 4, 6, 8, 9, 10, 20: what the page may do. Written out even where it is Electron's default today. */
export const pagePreferences: WebPreferences = {
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  contextIsolation: true,
  sandbox: true,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  // showOpenFilePicker and its like; <input type="file">: refuseFilePickers
  disableBlinkFeatures: 'FileSystemAccessLocal',
  spellcheck: false,
};

/** What each was seen to stop: docs/security.md, "Nothing leaves the computer". */
const chromiumSwitches: readonly (readonly [name: string, value?: string])[] = [
  // Every name and every address, those of proxies too: what needs one fails before a socket is opened.
  ['host-resolver-rules', 'MAP * ~NOTFOUND'],
  // The system's proxy settings are not asked, so that nobody looks for a proxy in the local network by DHCP (WPAD).
  ['no-proxy-server'],
];

/** Items 11, 12, 13, 14: no webview, no navigation, no second window; for all contents, whoever makes them. */
export function confineContents(app: App, log: (message: string) => void): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
      log('security: a webview was refused');
    });
    contents.setWindowOpenHandler(() => {
      log('security: a new window was refused');
      return { action: 'deny' };
    });
    const stay = (event: { preventDefault(): void }, url: string) => {
      if (isPageUrl(url)) return; // reload
      event.preventDefault();
      log('security: a navigation was refused');
    };
    contents.on('will-navigate', stay);
    contents.on('will-redirect', stay);
  });
}

/**
 * Item 1, for what Chromium does of its own accord and what neither the policy nor webRequest sees: no name is resolved
 * and no address reached. Nothing of the page needs a network; weights are fetched by Node, which this does not touch.
 * Must be called before the app is ready.
 */
export function closeNetwork(app: App): void {
  for (const [name, value] of chromiumSwitches) app.commandLine.appendSwitch(name, value);
}

/** Item 5: nothing that needs a permission is granted, not even on demand. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** The page saves no files: neither by <a download> nor by an address that Chromium would save. */
export function denyDownloads(session: Session, log: (message: string) => void): void {
  session.on('will-download', (event) => {
    event.preventDefault();
    log('security: a download was refused');
  });
}

/**
 * Folders and models are chosen in dialogs of the main process; <input type="file"> would give the page a file's bytes. Electron
 * has no event or setting for it, so that the request is taken by the interface of Chromium's developer tools
 * (Page.setInterceptFileChooserDialog) and not answered. It stays in force when the page is loaded again.
 */
export async function refuseFilePickers(contents: WebContents, log: (message: string) => void): Promise<void> {
  try {
    contents.debugger.attach();
    contents.debugger.on('message', (_event, method) => {
      if (method === 'Page.fileChooserOpened') log('security: a file picker was refused');
    });
    await contents.debugger.sendCommand('Page.enable');
    await contents.debugger.sendCommand('Page.setInterceptFileChooserDialog', { enabled: true });
  } catch (error) {
    log(`security: file pickers cannot be refused: ${errorMessage(error)}`);
  }
}

/** Chromium's spell checker asks for a dictionary at every start, whatever `spellcheck` of the page says. */
export function denySpellChecker(session: Session): void {
  session.setSpellCheckerLanguages([]);
  session.setSpellCheckerEnabled(false);
}

/** Item 1: no remote content. The policy forbids it to the page; this stops what a policy does not cover. */
export function denyNetwork(session: Session, log: (message: string) => void): void {
  const urls = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file://*/*'];
  session.webRequest.onBeforeRequest({ urls }, (details, answer) => {
    log(`security: a request to ${new URL(details.url).protocol} was refused`);
    answer({ cancel: true });
  });
}

/** Item 17: a message counts only from the main frame of our own page. */
export function isOwnPage(
  window: WebContents | undefined,
  sender: WebContents,
  frame: { readonly url: string; readonly parent: unknown } | null,
): boolean {
  return window !== undefined && sender === window && frame !== null && frame.parent === null && isPageUrl(frame.url);
}

export function isPageUrl(url: string): boolean {
  const [withoutFragment] = url.split('#');
  return withoutFragment === page;
}
