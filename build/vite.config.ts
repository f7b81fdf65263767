/** Builds the window's page. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { pagePolicy } from '../electron/shell/csp.ts';
import { usesStandIn } from './scripts/electron.ts';
import { standInTargets } from './stand-in/bundles.ts';

/** One policy: the page's own meta element says what the header of app:// says. */
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
    // Everything is on the disk already; and a data: address would be against the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
