// What a server does about its schema before it serves: nothing but what is safe. Changes that wait for a
// word of somebody are told with the command to type.
import type { Plan } from './plan.ts'
import { describeStep, type Step } from './steps.ts'

/** `additive`: new collections, fields and indexes by themselves. `fixed`: only an empty database is filled. */
export type SchemaPolicy = 'additive' | 'fixed'

/** The steps to do now. @throws Error with sentences for people when the model needs more than may be done at a start */
export function stepsAtStart({ steps, problems }: Plan, policy: SchemaPolicy, isEmpty: boolean): Step[] {
  if (problems.length > 0) throw new Error(`The database does not fit the model. Nothing was changed.\n${problems.join('\n')}`)
  const additive = steps.filter((step) => step.isAdditive)
  const needed = steps.filter((step) => step.isNeeded && !(step.isAdditive && (policy === 'additive' || isEmpty)))
  if (needed.length > 0) throw new Error(refusal(needed))
  return policy === 'additive' || isEmpty ? additive : []
}

function refusal(needed: readonly Step[]): string {
  const first = describeStep(needed[0]!)
  const what = needed.length === 1 ? `it needs one step: ${first}` : `it needs ${needed.length} steps, the first: ${first}`
  const words = needed.some(({ phase }) => phase === 'switch')
    ? 'kingpost migrate apply --stopped, once every server is stopped'
    : 'kingpost migrate apply'
  return `The database does not fit the model yet; ${what}. Nothing was changed. See it with: kingpost migrate plan. Do it with: ${words}.`
}
