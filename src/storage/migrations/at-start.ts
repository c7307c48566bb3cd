// What a server does about its schema before it serves: nothing but what is safe. Changes that wait for a
// word of somebody are told with the command to type.
import type { Plan } from './plan.ts'
import { describeNewKind, describeStep, type Step } from './steps.ts'

/** `additive`: new collections, fields and indexes by themselves. `fixed`: only an empty database is filled. */
export type SchemaPolicy = 'additive' | 'fixed'

/** The steps to do now. @throws Error with sentences for people when the model needs more than may be done at a start */
export function stepsAtStart({ steps, problems }: Plan, policy: SchemaPolicy, isEmpty: boolean): Step[] {
  refuseMisfits(problems)
  const additive = steps.filter((step) => step.isAdditive)
  const needed = steps.filter((step) => step.isNeeded && !(step.isAdditive && (policy === 'additive' || isEmpty)))
  if (needed.length > 0) throw new Error(refusal(needed, policy))
  return policy === 'additive' || isEmpty ? additive : []
}

/** @throws Error with what of the rows stands in the way */
export function refuseMisfits(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Error(`The database does not fit the model. Nothing was changed.\n${sentences.join('\n')}`)
}

function refusal(needed: readonly Step[], policy: SchemaPolicy): string {
  const isSwitch = needed.some(({ phase }) => phase === 'switch')
  const words = `kingpost migrate apply${isSwitch ? ' --stopped' : ''}`
  // In development one person runs the server and changes the model.
  const remedy =
    policy === 'additive'
      ? `To change the records that are there, stop the server, type npx ${words}, and start it again; or undo the change`
      : `Do it with: ${words}${isSwitch ? ', once every server is stopped' : ''}`
  return `The database does not fit the model yet; ${whatOf(needed)}. Nothing was changed. See it with: kingpost migrate plan. ${remedy}.`
}

function whatOf(needed: readonly Step[]): string {
  const kinds = needed.map(describeNewKind).filter((text) => text !== null)
  if (kinds.length > 0) return kinds.join(', ')
  const first = describeStep(needed[0]!)
  return needed.length === 1 ? `it needs one step: ${first}` : `it needs ${needed.length} steps, the first: ${first}`
}
