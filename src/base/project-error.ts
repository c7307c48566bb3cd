// Refusals that a project defines for its own operations: a code, a status and a sentence, as the table of
// contract/error-codes.ts has for ours. They are answers: nothing runs an operation again because of one.

import { valueWithoutSecrets, withoutSecrets } from './hidden.ts'

export type ProjectErrorSpec = {
  /** 400 to 499: the caller's business, not ours. */
  readonly status: number
  /** A sentence for people, told as the title and, where the throw says no more, as the detail. */
  readonly message: string
}

export type ProjectErrorDetails = {
  /** The sentence shown to the caller, for this case. */
  readonly detail?: string
  /** What a program may want to know: shown to the caller as it is. */
  readonly params?: Readonly<Record<string, unknown>>
  /** What of the request it is about, as a JSON pointer: `/title`. A form shows it beside that field. */
  readonly path?: string
}

/** Makes the error to throw; in an operation's `errors` it stands for the code. */
export type ProjectErrorKind<TCode extends string = string> = ProjectErrorSpec & {
  (details?: ProjectErrorDetails): ProjectError
  readonly code: TCode
}

export class ProjectError extends Error {
  override readonly name = 'ProjectError'
  readonly kind: ProjectErrorKind
  readonly detail: string
  readonly params: Readonly<Record<string, unknown>>
  readonly path: string | null

  constructor(kind: ProjectErrorKind, { detail = kind.message, params = {}, path }: ProjectErrorDetails) {
    super(`${kind.code}: ${detail}`)
    this.kind = kind
    this.detail = withoutSecrets(detail)
    this.params = valueWithoutSecrets(params)
    this.path = path === undefined ? null : withoutSecrets(path)
  }

  get status(): number {
    return this.kind.status
  }
}

/**
 * `const errors = defineErrors({ sold_out: { status: 409, message: 'Every seat is taken.' } })`, then
 * `throw errors.sold_out({ params: { left: 0 } })`. The config check looks at those that an operation names.
 * @throws Error for a status that is no refusal: a hook names its errors nowhere
 */
export function defineErrors<const TTable extends Readonly<Record<string, ProjectErrorSpec>>>(
  table: TTable,
): { readonly [TCode in keyof TTable & string]: ProjectErrorKind<TCode> } {
  const kinds = Object.entries(table).map(([code, spec]) => {
    const { status } = spec
    if (!Number.isInteger(status) || status < 400 || status > 499)
      throw new Error(`defineErrors: the status of ${code} must be from 400 to 499, not ${String(status)}`)
    const make = (details: ProjectErrorDetails = {}) => new ProjectError(kind, details)
    const kind: ProjectErrorKind = Object.assign(make, { ...spec, code })
    return [code, kind]
  })
  return Object.fromEntries(kinds)
}
