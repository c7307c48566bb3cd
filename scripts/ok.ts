/** `npm run ok`: the whole gate, cheapest first. One line a step; stops at the first that fails, with its words. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const script = (name: string, ...words: string[]) => [join(root, 'scripts', name), ...words]

type Step = { readonly name: string; readonly words: readonly string[]; readonly isLive?: boolean }

const steps: readonly Step[] = [
  { name: 'lint and format', words: script('biome.ts', 'check', '.') },
  { name: 'types of the engine, tests and scripts', words: [tsc, '--noEmit', '-p', root] },
  { name: 'declarations of the package', words: [tsc, '--noEmit', '--declaration', '-p', join(root, 'scripts/tsconfig.package.json')] },
  { name: 'types of the client', words: [tsc, '--noEmit', '-p', join(root, 'client')] },
  { name: 'types of the console', words: [tsc, '--noEmit', '-p', join(root, 'console')] },
  { name: 'types of the storefront', words: [tsc, '--noEmit', '-p', join(root, 'examples/bookshop/storefront')] },
  { name: 'types of the templates', words: [tsc, '--noEmit', '-p', join(root, 'templates')] },
  { name: 'types of the browser tests', words: [tsc, '--noEmit', '-p', join(root, 'test/browser')] },
  { name: 'imports', words: script('import-map.ts') },
  { name: 'house rules', words: script('tidy.ts') },
  { name: 'documents', words: script('check-docs.ts') },
  { name: 'tests', words: script('test.ts'), isLive: true },
]

function main(): number {
  const startedAt = performance.now()
  for (const { name, words, isLive = false } of steps) {
    const stepAt = performance.now()
    if (isLive) console.log(`${name} …`)
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: root,
      encoding: 'utf8',
      stdio: isLive ? 'inherit' : 'pipe',
    })
    const seconds = ((performance.now() - stepAt) / 1000).toFixed(1)
    if (status !== 0) {
      console.log(`${stdout ?? ''}${stderr ?? ''}`)
      console.log(`Not ok: "${name}" failed after ${seconds} s; what is wrong stands above. Nothing after it was run.`)
      return 1
    }
    const remark = stdout?.startsWith('Not linted') ? ` (${stdout.trim()})` : ''
    console.log(`ok  ${seconds.padStart(6)} s  ${name}${remark}`)
  }
  console.log(`All ok in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`)
  return 0
}

process.exitCode = main()
