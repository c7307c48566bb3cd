import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether this runs as the package's JavaScript, and not as the clone's TypeScript. */
export const isPackage = import.meta.url.endsWith('.js')

/** Where `src`, `console` and `templates` are: the clone, or `dist` of the package. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export const { version } = JSON.parse(readFileSync(join(root, isPackage ? '..' : '', 'package.json'), 'utf8')) as { version: string }
