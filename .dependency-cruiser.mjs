/**
 * No file imports itself by way of others; imports of types count, too, because a reader follows them as well. Who may
 * import whom is in eslint.config.js.
 */
export default {
  forbidden: [{ name: 'no-circle', severity: 'error', from: {}, to: { circular: true } }],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
