/** Builds the window's page. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { pagePolicy } from '../electron/shell/csp.ts';
import { usesStandIn } from './scripts/electron.ts';
import { standInTargets } from './stand-in/bundles.ts';

/** Writes the content security policy of the app:// header into the page's meta element, too. */
const policy: Plugin = {
  name: 'content-security-policy',
  transformIndexHtml(html) {
    const withoutPolicy = html.replace(/\s*<meta\s+http-equiv="Content-Security-Policy"[^>]*>/i, '');
    return {
      html: withoutPolicy,
      tags: [
        {
          tag: 'meta',
          attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicy },
          injectTo: 'head-prepend',
        },
      ],
    };
  },
};

const root = path.resolve(import.meta.dirname, '../renderer');

export default defineConfig({
  root,
  base: './',
  publicDir: false,
  plugins: [svelte({ configFile: false }), policy],
  build: {
    outDir: path.resolve(import.meta.dirname, '../dist/renderer'),
    emptyOutDir: true,
    target: usesStandIn() ? standInTargets.page : 'chrome140',
    sourcemap: true,
    // Assets are local files anyway, and the policy does not allow data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
