/**
 * What packages that are loaded later expect of Node and the Node 18 inside Electron 25 lacks; imported first by main.ts.
 * On today's Electron nothing happens here.
 */
import diagnostics from 'node:diagnostics_channel';

// lru-cache (of npm's fetch parts) asks for one at import, and publishes only where somebody listens.
const channels = diagnostics as { tracingChannel?: (name: string) => object };
channels.tracingChannel ??= () => ({ hasSubscribers: false });
