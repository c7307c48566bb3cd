// The variables that a process is told things by: its own, and beside them those of the file `.env` in the folder where the
// command is typed, as Node itself reads one. Invariant: what the environment has it keeps, even if it is empty.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { UsageError } from './settings.ts'

/** Of the project in this folder. */
export function environmentFile(): string {
  return resolve('.env')
}

/** What the process would be told with its file. Where there is no file, or it is a folder, the environment alone. @throws UsageError */
export function environmentOf(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...readFile(environmentFile()), ...own }
}

/** So that code of the project finds them as well. */
export function takeEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) if (!Object.hasOwn(process.env, name)) process.env[name] = value
}

function readFile(path: string): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as NodeJS.ProcessEnv
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR') return {}
    throw new UsageError(`${path} cannot be read (${code}): let this user read it, or move it away.`)
  }
}
