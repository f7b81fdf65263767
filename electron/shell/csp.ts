/**
 * The content security policy of the window's page; sent as a header with every file of it (app-protocol.ts) and put
 * into the page itself by the build.
 *
 * No inline script or style, nothing from elsewhere, no connections: the page talks over the bridge alone. Svelte fills
 * its templates through the one trusted-types policy named here; its transitions use the Web Animations API and element
 * styles set by script, neither of which is inline style.
 */
const directives = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' photo:",
  'font-src': "'self'",
  'connect-src': "'none'",
  'object-src': "'none'",
  'frame-src': "'none'",
  'worker-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'svelte-trusted-html',
};

export const pagePolicy = Object.entries(directives)
  .map(([name, value]) => `${name} ${value}`)
  .join('; ');

/** `frame-ancestors` counts only in a header. */
export const headerPolicy = `${pagePolicy}; frame-ancestors 'none'`;
