import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const ASSETS = new URL('./built/assets/', import.meta.url);
/** Bytes below which a compressed copy saves no packet. */
const SMALL = 1024;

/** Beside each asset its gzip and its brotli, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    closeBundle() {
      for (const name of readdirSync(ASSETS)) {
        const asset = readFileSync(new URL(name, ASSETS));
        if (asset.length < SMALL) continue;
        writeFileSync(new URL(`${name}.br`, ASSETS), brotliCompressSync(asset));
        writeFileSync(new URL(`${name}.gz`, ASSETS), gzipSync(asset, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: '/explorer/',
  build: {
    outDir: 'built',
    emptyOutDir: true,
    target: 'es2022',
    // The content policy has no `data:` for scripts and fetches: whatever is an asset is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      // Libraries mark what runs in browsers only; all of this does.
      onwarn: (warning, tell) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || tell(warning),
    },
  },
  worker: { format: 'es' },
  resolve: { dedupe: ['graphql', 'react', 'react-dom', 'monaco-editor'] },
  plugins: [compressed()],
});
