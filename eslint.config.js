import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import typescript from 'typescript-eslint';

/** The layers of models/, from the bottom up, and which lower ones each may import; models/errors.ts and models/retryable.ts are for all. */
const modelLayers = {
  math: [],
  files: [],
  onnx: ['files'],
  network: ['math', 'onnx'],
  engine: ['math', 'files', 'onnx', 'network'],
  text: ['files'],
  datasets: ['math', 'files'],
  resnet50: ['math', 'onnx', 'network', 'engine', 'files'],
  relevance: ['math', 'text'],
  concepts: ['math', 'text', 'files'],
  'two-branch': ['math', 'files', 'network', 'engine', 'text', 'relevance', 'concepts'],
};
const layerType = (name) => `models/${name}`;
const layers = Object.keys(modelLayers).map(layerType);
/** All of models/; files outside these layers are above them. */
const models = [...layers, 'models'];

/** Who may import whom (the data flow is the layout); the more special folder stands first. */
const elements = [
  { type: 'store', pattern: 'electron/store' },
  { type: 'workers', pattern: 'electron/workers' },
  { type: 'vision', pattern: 'electron/vision' },
  { type: 'services', pattern: 'electron/services' },
  ...layers.map((type) => ({ type, partialMatch: false, pattern: `${type}/**` })),
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
  ...Object.fromEntries(
    Object.entries(modelLayers).map(([name, lower]) => [layerType(name), [name, ...lower].map(layerType)]),
  ),
  models,
  store: ['store', 'ipc', ...models],
  workers: ['workers', ...models],
  vision: ['vision', 'workers', 'ipc', ...models],
  services: ['services', 'store', 'vision', 'workers', 'ipc', ...models],
  ipc: ['ipc', ...models],
  shell: ['shell', 'ipc', 'services', 'vision', 'workers', ...models],
  cli: ['cli', 'services', 'ipc', ...models],
  entry: ['entry', 'cli', 'shell', 'ipc', 'services', 'vision', 'workers', ...models],
  renderer: ['renderer', 'ipc'],
  build: ['build', 'ipc', 'shell', 'services', 'vision', ...models],
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
/** Outside electron/ipc and the shell that serves it, electron/ipc is its contract, with its limits, formats, clocks and addresses, and which requests read. */
const contractOnly = {
  regex:
    '(^|/)ipc/(?!(contract|format|left-out|limits|photo-url|reads|wall-clock|filter-aspects|encoder-removal)\\.ts$)',
};

/**
 * The layers of the window, lowest first, and what each may import besides itself: `base` (bridge, errors, texts), `ui`
 * (components independent of photos), `state` (the window's data and requests), `actions` (what is done with
 * photos in several views), one folder for each view, `shell` (the frame around the views), and `renderer` itself, which starts all of it.
 */
const windowLayers = {
  base: ['ipc'],
  ui: ['base', 'ipc'],
  state: ['ui', 'base', 'ipc'],
  actions: ['state', 'ui', 'base', 'ipc'],
  library: ['actions', 'state', 'ui', 'base', 'ipc'],
  settings: ['state', 'ui', 'base', 'ipc'],
  saved: ['state', 'ui', 'base', 'ipc'],
  viewer: ['state', 'ui', 'base', 'ipc'],
  search: ['actions', 'library', 'saved', 'state', 'ui', 'base', 'ipc'],
  training: ['settings', 'state', 'ui', 'base', 'ipc'],
  shell: ['library', 'saved', 'state', 'ui', 'base', 'ipc'],
};
const windowFolders = Object.keys(windowLayers);

/**
 * The parts of models/ that the program may import: the contract, the list of encoders, and code independent of them. No dynamic
 * import either, which no-restricted-imports does not see.
 */
const neutral =
  'contract\\u002F|encoders\\.ts|errors\\.ts|retryable\\.ts|mode-trial\\.ts|encoder-check\\.ts|datasets\\u002F|files\\u002F|engine\\u002F';
/** @param up how far the folder models/ is: electron/services has a folder of that name, too */
const contractOfModels = (up) => [
  'error',
  ...['ImportDeclaration', 'ImportExpression', 'ExportNamedDeclaration', 'ExportAllDeclaration'].map((node) => ({
    selector: `${node}[source.value=/^(\\.\\.\\u002F)${up}models\\u002F(?!${neutral})/]`,
    message: 'use an encoder only by models/contract: its implementation may change',
  })),
];

export default typescript.config(
  { ignores: ['dist/**', 'release/**', '.runtime/**', 'node_modules/**', 'models/pretrained/**'] },
  ...typescript.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
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
          policies: [
            ...Object.entries(mayImport).map(([from, targets]) => ({
              from: { element: { type: from } },
              allow: targets.map((type) => ({ to: { element: { type } } })),
            })),
            {
              from: { element: { type: layers } },
              allow: { to: { element: { type: 'models', fileInternalPath: ['errors.ts', 'retryable.ts'] } } },
            },
          ],
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      // `{ a: _, ...rest }` leaves a field out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes typed-array loops need it
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Objects of functions, as contracts and handlers are, have no `this` to lose; classes keep theirs in private fields,
      // where a lost one is an error at once.
      '@typescript-eslint/unbound-method': 'off',
      // An async function without await rejects where another one would throw: callers rely on that.
      '@typescript-eslint/require-await': 'off',
      // `void value` reads a value on purpose: Svelte tracks it.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // It does not see what changes while a function awaits.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `{}` is what a graph without attributes is given.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      // A number in a message is what it looks like; an object is not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => list.push(1)` for a listener whose result nobody reads.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      'max-lines': ['error', { max: 420, skipBlankLines: false }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "ImportExpression[source.value='onnxruntime-node'], ImportDeclaration[importKind!='type'][source.value='onnxruntime-node']",
          message: 'loadRuntime of models/engine/onnx.ts loads it with its telemetry off',
        },
      ],
    },
  },
  { files: ['models/engine/onnx.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['renderer/**/*.{ts,svelte}'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: typescript.parser, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      'no-restricted-imports': forbid(
        'the renderer has no Node and may import only the contract: use the bridge',
        [...electronModules, ...sqliteModules],
        [{ regex: '^node:' }, contractOnly],
      ),
    },
  },
  // every text of the window in one file
  {
    files: ['renderer/**/*.{ts,svelte}'],
    settings: {
      'boundaries/elements': [
        ...windowFolders.map((type) => ({ type, pattern: `renderer/${type}` })),
        { type: 'renderer', pattern: 'renderer' },
        { type: 'ipc', pattern: 'electron/ipc' },
        { type: 'elsewhere', pattern: '{electron,models,build,test}' },
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries({ ...windowLayers, renderer: windowFolders }).map(([from, targets]) => ({
            from: { element: { type: from } },
            allow: [from, ...targets].map((type) => ({ to: { element: { type } } })),
          })),
        },
      ],
    },
  },
  {
    files: ['models/**'],
    rules: {
      'no-restricted-imports': forbid('models/ must not import Electron or SQLite', [
        ...electronModules,
        ...sqliteModules,
      ]),
    },
  },
  ...[
    { files: ['electron/store/**'], alsoForbidden: [] },
    {
      files: [
        'electron/services/**',
        'electron/vision/**',
        'electron/workers/**',
        'electron/cli/**',
        'electron/cli.ts',
      ],
      alsoForbidden: sqliteModules,
    },
  ].map(({ files, alsoForbidden }) => ({
    files,
    rules: {
      'no-restricted-imports': forbid(
        'services must not import Electron, of ipc only the contract (the CLI and the tests use them, too), and SQLite only by electron/store',
        [...electronModules, ...alsoForbidden],
        [contractOnly],
      ),
    },
  })),
  { files: ['build/**', 'test/**', 'electron/cli/**', 'electron/cli.ts'], rules: { 'no-console': 'off' } },
  {
    // What Vitest and Playwright give (matchers, results of a page's functions) is `any`; the types of bound components and
    // events of a Svelte template are known to svelte-check alone.
    files: ['test/**', 'renderer/**/*.svelte'],
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((use) => [
        `@typescript-eslint/no-unsafe-${use}`,
        'off',
      ]),
    ),
  },
  { files: ['**/*.{js,mjs,cjs}'], ...typescript.configs.disableTypeChecked },
  { files: ['electron/*.ts'], rules: { 'no-restricted-syntax': contractOfModels('{1}') } },
  { files: ['electron/*/**'], rules: { 'no-restricted-syntax': contractOfModels('{2,}') } },
);
