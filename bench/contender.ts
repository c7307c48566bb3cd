/**
 * Owns what the harness knows of a server under measurement: how it starts and how it is filled. Both servers answer
 * the same requests (`/api/items`), so everything else is common to them.
 */
import type { ContenderName } from './options.ts'

export type Place = { readonly port: number; readonly dataDir: string }

export type Contender = {
  readonly name: ContenderName
  /** The file that must exist before anything can be measured, relative to the repository. */
  readonly entry: string
  /** What stands behind `node`, and the variables added to the environment. */
  command(place: Place): {
    readonly args: readonly string[]
    readonly env: Readonly<Record<string, string>>
  }
  /** Makes whoever calls. Answers the headers that belong to every measured request. */
  signIn(place: Place): Promise<Readonly<Record<string, string>>>
}
