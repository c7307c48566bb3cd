#!/usr/bin/env node
// The way in: plain JavaScript that any Node reads, since an older one would answer main.ts with a stack trace.

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 15)) await import('./main.ts')
else {
  process.stderr.write(
    `Kingpost needs Node 24.15 or newer, and this is ${process.versions.node}. ` +
      'The right one comes with npm ci: in its folder, type npm start, or npm run kingpost -- COMMAND.\n',
  )
  process.exitCode = 1
}
