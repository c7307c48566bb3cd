#!/usr/bin/env node
// The way in: plain JavaScript that any Node reads, since an older one would answer main.ts with a stack trace.

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 15)) {
  // Reading and compiling the sources is a third of a start, and is the same each time. What is kept lies beside the code and
  // not in the system's temporary folder, where others could put code of theirs. Where it cannot be written, nothing is kept.
  const [{ enableCompileCache }, { fileURLToPath }] = await Promise.all([import('node:module'), import('node:url')])
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('../../node_modules/.cache/kingpost', import.meta.url)))
  await import('./main.ts')
} else {
  process.stderr.write(
    `Kingpost needs Node 24.15 or newer, and this is ${process.versions.node}. ` +
      'The right one comes with npm ci: in its folder, type npm start, or npm run kingpost -- COMMAND.\n',
  )
  process.exitCode = 1
}
