// Everything in files of this server's own, so that its content security policy holds.
import { defineConfig } from 'vite';

export default defineConfig({
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/login', '/logout', '/config'].map((path) => [path, 'http://localhost:8000'])),
  },
});
