/**
 * Owns what the harness knows of a server under measurement: how it starts and how it is filled. Both servers answer
 * the same requests (`/api/items`), so everything else is common to them.
 */
import type { ContenderName } from './options.ts'

/** `database` is a URL where it is not the server's own folder; `sandboxUrl` is where the payment provider answers. */
export type Place = { readonly port: number; readonly dataDir: string; readonly database?: string; readonly sandboxUrl?: string }

/** A program that answers requests. */
export type Program = {
  readonly name: string
  /** The file that is run; Node where nothing is said. */
  readonly program?: string
  /** Answers 200 as soon as the program can be used; `/readyz` where nothing is said. */
  readonly readyPath?: string
  /** What stands behind it, and the variables added to the environment. */
  command(place: Place): {
    readonly args: readonly string[]
    readonly env: Readonly<Record<string, string>>
  }
}

export type Contender = Program & {
  readonly name: ContenderName
  /** The files without which nothing can be measured, relative to the repository. */
  readonly needs: readonly string[]
  /** Answers the headers of an ordinary caller, to whom the access rules apply in full; sent with every request. */
  signIn(place: Place): Promise<Readonly<Record<string, string>>>
}
