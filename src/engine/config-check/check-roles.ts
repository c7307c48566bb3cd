// The part of the config check that looks at `roles`: their names here; once all else has passed, the scopes that they name, which depend on
// the collections and operations that there are.
import { fixedRoles } from '../../access/staff-roles.ts'
import { nearest } from '../../base/nearest.ts'
import { roleScopesOf } from '../../operation/key-scope.ts'
import { type Add, type Check, line, list, named, object } from '../../schema/shape.ts'
import { idlePorts, type Offer, operationsOf, rolesOf } from '../operations.ts'

const role = object({ may: list(line) }, { required: ['may'] })

export const checkRoles: Check = named((name) => (value, path, add) => {
  if (fixedRoles.some((fixed) => fixed === name)) add(path, `"${name}" means the same in every project: choose another name`)
  else if (!/^[a-z][a-zA-Z0-9_-]{0,39}$/.test(name))
    add(path, `"${name}" must be letters, digits, - and _ from a small letter on, at most 40`)
  role(value, path, add)
})

type Named = {
  readonly roles?: Readonly<Record<string, { readonly may: readonly string[] }>>
  readonly accounts?: { readonly secondFactorFor?: readonly string[] }
}

/** Whatever they name must be there. */
export function checkScopes({ roles = {}, accounts: { secondFactorFor = [] } = {} }: Named, offer: Offer, add: Add): void {
  if (Object.keys(roles).length > 0) {
    const scopes = roleScopesOf(operationsOf(offer, idlePorts))
    for (const [name, { may }] of Object.entries(roles))
      for (const [index, scope] of may.entries())
        if (!scopes.includes(scope)) add(`roles.${name}.may[${index}]`, `there is no scope "${scope}"${nearest(scope, scopes)}`)
  }
  const known = rolesOf(offer)
  for (const [index, name] of secondFactorFor.entries())
    if (!known.includes(name))
      add(`accounts.secondFactorFor[${index}]`, `there is no role "${name}"${nearest(name, known)}; there are ${known.join(', ')}`)
}
