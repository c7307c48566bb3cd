/**
 * Owns the folder for databases and request files of one run. It lies under the repository and not under the system's
 * temporary folder: that may be kept in memory, where a sync costs nothing.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './children.ts'

const WORKSPACE = join(ROOT, 'data', `bench-${process.pid}`)

export function freshDir(name: string): string {
  const dir = join(WORKSPACE, name)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  return dir
}

// On every way out, an interrupt included; the import above makes sure that the children are ended first.
process.on('exit', () => rmSync(WORKSPACE, { recursive: true, force: true }))
