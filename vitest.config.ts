import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: ['test/unit/renderer-state-*'],
          testTimeout: 20_000,
        },
      },
      {
        // What the window knows, without its page: Svelte's runes need its compiler, and its build for browsers.
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: { name: 'window', include: ['test/unit/renderer-state-*.test.ts'] },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles: ['test/fixtures/hide-encoders.ts'],
          testTimeout: 180_000,
          hookTimeout: 600_000,
          // Real weights and two cores: side by side these would only wait for each other.
          fileParallelism: false,
        },
      },
    ],
    pool: 'forks',
  },
});
