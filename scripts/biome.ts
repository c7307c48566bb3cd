/**
 * Runs Biome from the package of this platform; its wrapper package would bring eight of them. Where there
 * is none it says so and lets the rest go on, but not in CI, where a check that did not run is a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const binary = join(import.meta.dirname, `../node_modules/@biomejs/cli-${process.platform}-${process.arch}/biome`)

/** Its exit code; null when there is no Biome for this platform here. */
export function runBiome(words: readonly string[]): number | null {
  if (!existsSync(binary)) return null
  return spawnSync(binary, words, { stdio: 'inherit' }).status ?? 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const code = runBiome(process.argv.slice(2))
  if (code === null) console.log(`Not linted: there is no Biome for ${process.platform}-${process.arch} in node_modules.`)
  process.exitCode = code ?? (process.env['CI'] === 'true' ? 1 : 0)
}
