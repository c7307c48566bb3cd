// A rule says no. Which one is told as far as whoever asked has named it: a collection and what was to be done with it. Invariant: what is
// told depends on the request and the config, and on no record. What the rule is, the config says, and so it is told in development alone.
import { EngineError } from '../base/engine-error.ts'
import { errorCodes } from '../contract/error-codes.ts'
import type { Actor } from './actor.ts'
import { allows, type Rule } from './rule.ts'
import { ruleWords } from './rule-words.ts'

/** `notes.create`, and the rule as the config has it. */
export type AskedRule = { readonly of: string; readonly rule: Rule | undefined }

/** Of a collection. A guest may be somebody who may, once signed in. */
export function refusedTo(actor: Actor, { of, rule }: AskedRule): EngineError {
  const code = codeFor(actor)
  const detail = `${errorCodes[code].message.slice(0, -1)}: the rule of ${of} says no.`
  return new EngineError(code, { detail, inDevelopment: () => `It is ${rule === undefined ? 'not in the config' : ruleWords(rule)}.` })
}

/** Of an operation, whose name is not in its address. */
export function refusedAs(actor: Actor, { name, access }: { readonly name: string; readonly access: Rule }): EngineError {
  const isThemselves = actor.key === undefined && actor.impersonator === undefined
  if (isProofMissing(actor, access)) return isThemselves ? new EngineError('proof_needed') : noProof()
  return new EngineError(codeFor(actor), { inDevelopment: () => `The rule of ${name} says no. It is ${ruleWords(access)}.` })
}

function noProof(): EngineError {
  return new EngineError('forbidden', {
    detail: 'This asks for a fresh proof of who you are, which neither an API key nor support in your name can give: sign in.',
  })
}

/** Whoever asks may do it once they have shown again who they are. */
function isProofMissing(actor: Actor, access: Rule): boolean {
  return actor.kind === 'user' && allows(access, { ...actor, provenAgoMs: 0 })
}

function codeFor({ kind }: Actor): 'unauthenticated' | 'forbidden' {
  return kind === 'guest' ? 'unauthenticated' : 'forbidden'
}
