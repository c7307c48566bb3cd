// Groups of customers, which the config names.
import { invalid } from '../base/engine-error.ts'

/** Of what is for groups alone, a discount or a list of prices. @throws validation_failed for one that the config does not name */
export function checkGroups(groups: readonly string[], given: readonly string[]): void {
  const unknown = given.findIndex((name) => !groups.includes(name))
  if (unknown < 0) return
  const message = groups.length === 0 ? 'is none: the config names no groups' : `must be one of ${groups.join(', ')}`
  throw invalid(`/customerGroups/${unknown}`, 'enum', message)
}
