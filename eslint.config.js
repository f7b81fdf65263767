import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import typescript from 'typescript-eslint';

/** Who may import whom (the data flow is the layout); the more special folder stands first. */
const elements = [
  { type: 'store', pattern: 'electron/store' },
  { type: 'workers', pattern: 'electron/workers' },
  { type: 'vision', pattern: 'electron/vision' },
  { type: 'services', pattern: 'electron/services' },
  { type: 'models', partialMatch: false, pattern: 'models/**' },
  { type: 'ipc', pattern: 'electron/ipc' },
  { type: 'shell', pattern: 'electron/shell' },
  { type: 'cli', pattern: 'electron/cli' },
  { type: 'entry', pattern: 'electron' },
  { type: 'renderer', pattern: 'renderer' },
  { type: 'build', pattern: 'build' },
  { type: 'test', pattern: 'test' },
];
const mayImport = {
  models: ['models'],
  store: ['store', 'ipc', 'models'],
  workers: ['workers', 'vision', 'models'],
  vision: ['vision', 'workers', 'ipc', 'models'],
  services: ['services', 'store', 'vision', 'workers', 'ipc', 'models'],
  ipc: ['ipc', 'models'],
  shell: ['shell', 'ipc', 'services', 'vision', 'workers', 'models'],
  cli: ['cli', 'services', 'ipc', 'models'],
  entry: ['entry', 'cli', 'shell', 'ipc', 'services', 'vision', 'workers', 'models'],
  renderer: ['renderer', 'ipc'],
  build: ['build', 'ipc', 'shell'],
  test: elements.map(({ type }) => type),
};

const electronModules = ['electron', 'electron/main', 'electron/renderer'];
const sqliteModules = ['better-sqlite3'];
const forbid = (message, names, patterns = []) => [
  'error',
  {
    paths: names.map((name) => ({ name, message })),
    patterns: patterns.map((pattern) => ({ ...pattern, message })),
  },
];
/** Outside electron/ipc and the shell that serves it, electron/ipc is its contract. */
const contractOnly = { regex: '(^|/)ipc/(?!(contract|photo-url)\\.ts$)' };

/**
 * What the program may use of models/: the contract, the list of encoders, and what says nothing of any of them. No
 * dynamic import either, which no-restricted-imports does not see.
 */
const neutral = 'contract\\u002F|encoders\\.ts|errors\\.ts|retryable\\.ts|datasets\\u002F|files\\u002F|engine\\u002F';
/** @param up how far the folder models/ is: electron/services has a folder of that name, too */
const contractOfModels = (up) => [
  'error',
  ...['ImportDeclaration', 'ImportExpression', 'ExportNamedDeclaration', 'ExportAllDeclaration'].map((node) => ({
    selector: `${node}[source.value=/^(\\.\\.\\u002F)${up}models\\u002F(?!${neutral})/]`,
    message: 'only an implementation knows how an encoder works: ask over models/contract',
  })),
];

export default typescript.config(
  { ignores: ['dist/**', 'release/**', '.runtime/**', 'node_modules/**', 'models/pretrained/**'] },
  ...typescript.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    plugins: { boundaries },
    settings: {
      'boundaries/elements': elements,
      'import/resolver': { node: { extensions: ['.ts', '.js', '.svelte'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(mayImport).map(([from, targets]) => ({
            from: { element: { type: from } },
            allow: targets.map((type) => ({ to: { element: { type } } })),
          })),
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
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: typescript.parser, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      'no-restricted-imports': forbid(
        'the renderer has no Node and knows the contract only: ask over the bridge',
        [...electronModules, ...sqliteModules],
        [{ regex: '^node:' }, contractOnly],
      ),
    },
  },
  // every word of the window in one file
  { files: ['renderer/texts.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['models/**'],
    rules: {
      'no-restricted-imports': forbid('models/ knows neither Electron nor SQLite', [
        ...electronModules,
        ...sqliteModules,
      ]),
    },
  },
  {
    files: [
      'electron/services/**',
      'electron/store/**',
      'electron/vision/**',
      'electron/workers/**',
      'electron/cli/**',
      'electron/cli.ts',
    ],
    rules: {
      'no-restricted-imports': forbid(
        'services do not know Electron, and of ipc the contract only: the CLI and the tests use them too',
        electronModules,
        [contractOnly],
      ),
    },
  },
  { files: ['build/**', 'test/**', 'electron/cli/**', 'electron/cli.ts'], rules: { 'no-console': 'off' } },
  { files: ['electron/*.ts'], rules: { 'no-restricted-syntax': contractOfModels('{1}') } },
  { files: ['electron/*/**'], rules: { 'no-restricted-syntax': contractOfModels('{2,}') } },
);
