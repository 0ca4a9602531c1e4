import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Script and style that the first page needs, gzipped. Past it, the build fails: a page opened in an incident is opened in a hurry. */
const firstPageLimitKb = 150;

function measureFirstPage(): Plugin {
  return {
    name: 'measure-first-page',
    apply: 'build',
    writeBundle(_options, bundle) {
      // What it names, and what that imports, comes before anything is shown; the rest when somebody goes there.
      const shell = bundle['index.html'];
      const html = shell?.type === 'asset' ? String(shell.source) : '';
      const names = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, name]) => name ?? '');
      let total = 0;
      for (const name of names) {
        const file = bundle[name];
        if (file) total += gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      }
      if (total === 0) throw new Error('The first page names no script.');
      const kb = total / 1000;
      console.log(`first page: ${kb.toFixed(1)} kB of gzipped script and style (limit ${firstPageLimitKb} kB)`);
      if (kb > firstPageLimitKb) throw new Error(`The first page is over its limit of ${firstPageLimitKb} kB.`);
    },
  };
}

export default defineConfig({
  root: here('.'),
  // Every address in the page is relative to <base href>, which the server sets to its url_prefix.
  base: './',
  plugins: [svelte({ configFile: false }), measureFirstPage()],
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // A data: address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    // What pages share with the first one stays in its script, instead of becoming further requests.
    rolldownOptions: {
      preserveEntrySignatures: 'allow-extension',
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
    },
  },
  server: {
    proxy: {
      '/api': 'http://localhost:5555',
      '/live': { target: 'ws://localhost:5555', ws: true },
    },
  },
});
