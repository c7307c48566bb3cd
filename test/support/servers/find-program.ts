// Where a program of the system lies. Servers stand in sbin, which a user's path often leaves out.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The program's path, or null when it is not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  return null
}
