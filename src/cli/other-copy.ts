// Which copy of Kingpost the config imports by name. What one copy declares is unknown to another, so the copy that runs must be
// the same; it is another after Kingpost was installed nearer to the project while a server ran. Looked up on the disk each
// time, since Node would answer what it found before.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFiles } from './project-files.ts'
import { isPackage, root } from './version.ts'

/** The folder of the package; null where it is the one that runs, or the config imports none by name. */
export function otherCopy(config: string): string | null {
  const copy = nearestCopy(dirname(config))
  if (copy === null || copy === ownCopy()) return null
  const isImported = projectFiles(config).some(({ imports }) => imports.some(({ specifier }) => specifier === 'kingpost'))
  return isImported ? copy : null
}

/** A server of `kingpost dev` in that copy; null where it has none. */
export function devServerIn(copy: string): string | null {
  const files = ['dist/src/cli/dev-server.js', 'src/cli/dev-server.ts'].map((file) => join(copy, file))
  return files.find((file) => existsSync(file)) ?? null
}

export function toldOtherCopy(config: string, copy: string): string {
  return (
    `${config} imports the Kingpost in ${copy}, and the one that runs is in ${ownCopy()}: stop it, and start it again ` +
    'in the folder of the project, by npm run dev, npm start or npx kingpost COMMAND.'
  )
}

function ownCopy(): string {
  return realpathSync(isPackage ? dirname(root) : root)
}

function nearestCopy(folder: string): string | null {
  const copy = join(folder, 'node_modules/kingpost')
  if (existsSync(join(copy, 'package.json'))) return realpathSync(copy)
  return dirname(folder) === folder ? null : nearestCopy(dirname(folder))
}
