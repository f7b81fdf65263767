import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import typescript from 'typescript-eslint';

/** Who may import whom (the data flow is the layout). A folder that is not named here imports nothing of ours. */
const elements = [
  { type: 'models', pattern: 'models' },
  { type: 'contract', pattern: 'electron/ipc/contract.ts', mode: 'full' },
  { type: 'store', pattern: 'electron/store' },
  { type: 'vision', pattern: 'electron/vision' },
  { type: 'services', pattern: 'electron/services' },
  { type: 'ipc', pattern: 'electron/ipc' },
  { type: 'shell', pattern: 'electron/shell' },
  { type: 'entry', pattern: 'electron/*.ts', mode: 'full' },
  { type: 'cli', pattern: 'electron/cli' },
  { type: 'renderer', pattern: 'renderer' },
  { type: 'build', pattern: 'build' },
  { type: 'test', pattern: 'test' },
];
const mayImport = {
  contract: ['models'],
  models: ['models'],
  store: ['store', 'contract', 'models'],
  vision: ['vision', 'contract', 'models'],
  services: ['services', 'store', 'vision', 'contract', 'models'],
  ipc: ['ipc', 'services', 'contract', 'models'],
  shell: ['shell', 'ipc', 'services', 'contract', 'models'],
  cli: ['cli', 'services', 'contract', 'models'],
  entry: ['entry', 'cli', 'shell', 'ipc', 'services', 'vision', 'contract', 'models'],
  renderer: ['renderer', 'contract'],
  build: ['build', 'contract'],
  test: ['test', 'contract', 'models', 'store', 'vision', 'services', 'ipc', 'shell', 'cli', 'entry', 'renderer', 'build'],
};

const electronOnly = ['electron', 'electron/*'];
const sqliteOnly = ['better-sqlite3'];
const forbid = (names, message) => ['error', { patterns: [{ group: names, message }] }];

export default typescript.config(
  { ignores: ['dist/**', 'release/**', '.runtime/**', 'node_modules/**', 'models/pretrained/**'] },
  ...typescript.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    plugins: { boundaries },
    settings: { 'boundaries/elements': elements, 'import/resolver': { node: { extensions: ['.ts', '.js', '.svelte'] } } },
    rules: {
      'boundaries/element-types': [
        'error',
        {
          default: 'disallow',
          rules: Object.entries(mayImport).map(([from, allow]) => ({ from, allow })),
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes typed-array loops need it
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'max-lines': ['error', { max: 420, skipBlankLines: false }],
      'no-console': 'error',
    },
  },
  {
    files: ['renderer/**/*.{ts,svelte}'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: typescript.parser, extraFileExtensions: ['.svelte'] } },
    rules: { 'no-restricted-imports': forbid(['node:*', ...electronOnly, ...sqliteOnly], 'the renderer has no Node: ask over the bridge') },
  },
  {
    files: ['models/**'],
    rules: { 'no-restricted-imports': forbid([...electronOnly, ...sqliteOnly], 'models/ knows neither Electron nor SQLite') },
  },
  {
    files: ['electron/services/**', 'electron/store/**', 'electron/vision/**', 'electron/cli/**', 'electron/cli.ts'],
    rules: { 'no-restricted-imports': forbid(electronOnly, 'services do not know Electron: the CLI and the tests use them too') },
  },
  { files: ['build/**', 'test/**', 'electron/cli/**', 'electron/cli.ts'], rules: { 'no-console': 'off' } },
);
