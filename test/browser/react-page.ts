// A page with React in it, as npm has it: CommonJS, which a page without a bundler reads by a `require` of its own.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { HookSource } from '../../client/src/react.ts'

/** What the page has of React: no package of types is ours, so it is what the tests use. */
export type PageReact = {
  readonly React: HookSource & {
    readonly StrictMode: unknown
    createElement(of: unknown, inputs: object, inner?: unknown): unknown
  }
  createRoot(place: Element): { render(element: unknown): void; unmount(): void }
}

const require = createRequire(import.meta.url)
const cjs = (name: string, file: string) => join(dirname(require.resolve(`${name}/package.json`)), 'cjs', file)
const modules: Readonly<Record<string, string>> = {
  react: cjs('react', 'react.development.js'),
  scheduler: cjs('scheduler', 'scheduler.development.js'),
  'react-dom': cjs('react-dom', 'react-dom.development.js'),
  'react-dom/client': cjs('react-dom', 'react-dom-client.development.js'),
}

export function reactPage(): string {
  const sources = Object.entries(modules).map(
    ([name, file]) => `${JSON.stringify(name)}(module, exports, require) {\n${readFileSync(file, 'utf8')}\n}`,
  )
  return `<!doctype html>
<meta charset="utf-8">
<title>A page with React</title>
<link rel="icon" href="data:,">
<script>
globalThis.process = { env: { NODE_ENV: 'development' } }
const sources = { ${sources.join(',')} }
const made = {}
function require(name) {
  if (!made[name]) {
    made[name] = { exports: {} }
    sources[name](made[name], made[name].exports, require)
  }
  return made[name].exports
}
globalThis.React = require('react')
globalThis.createRoot = require('react-dom/client').createRoot
</script>
`
}
