/** The only script that sees both Electron and the page: it exposes the bridge, and nothing else. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { createBridge } from './ipc/bridge.ts';
import type { EventName, RequestName } from './ipc/contract.ts';

/** Put in by the build (build/bundles.ts) from the contract. */
declare const __REQUEST_NAMES__: readonly RequestName[];
declare const __EVENT_NAMES__: readonly EventName[];

contextBridge.exposeInMainWorld(
  'descry',
  createBridge(ipcRenderer, { requests: __REQUEST_NAMES__, events: __EVENT_NAMES__ }, (file) =>
    webUtils.getPathForFile(file),
  ),
);
