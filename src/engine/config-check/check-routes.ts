// The part of the config check that looks at `mail.inbound.routes` once all else has passed: what they name must be there.
import { nearest } from '../../base/nearest.ts'
import type { MailRouteConfig } from '../../config/backend-config.ts'
import type { Operation } from '../../operation/define.ts'
import type { Model } from '../../schema/model.ts'
import type { Add } from '../../schema/shape.ts'

type Offered = { readonly model: Model; readonly operations: readonly Operation[] }

export function checkRoutes(routes: readonly MailRouteConfig[], { model, operations }: Offered, add: Add): void {
  for (const [index, { to, record, operation }] of routes.entries()) {
    const path = `mail.inbound.routes[${index}]`
    if (routes.findIndex((one) => one.to.toLowerCase() === to.toLowerCase()) < index) add(`${path}.to`, `"${to}" has a route already`)
    if (/^(?:reply|bounce)(?:[+-]|$)/i.test(to.replace('*', ''))) add(`${path}.to`, 'is an address of our own: reply and bounce are')
    if (record !== undefined) {
      if (!to.endsWith('*')) add(`${path}.to`, 'must end with *: what stands there is looked for')
      checkRecord(record, model, (message) => add(`${path}.record`, message))
    }
    if (operation !== undefined) checkOperation(operation, operations, (message) => add(`${path}.operation`, message))
  }
}

type Tell = (message: string) => void

function checkRecord({ collection, field }: NonNullable<MailRouteConfig['record']>, model: Model, tell: Tell): void {
  const found = model.collections.get(collection)
  if (found === undefined || found.source.internal === true)
    return tell(`there is no collection "${collection}"${nearest(collection, [...model.collections.keys()])}`)
  const one = found.fields.get(field)?.field
  if (one === undefined) return tell(`${collection} has no field "${field}"${nearest(field, [...found.fields.keys()])}`)
  if (one.unique !== true || one.read !== undefined)
    tell(`${collection}.${field} must be a unique text that all who read the record may read`)
}

function checkOperation(name: string, operations: readonly Operation[], tell: Tell): void {
  const found = operations.find((one) => one.name === name)
  if (found === undefined) {
    const names = operations.map((one) => one.name)
    return tell(names.length === 0 ? 'the config has no operations' : `there is no operation "${name}"${nearest(name, names)}`)
  }
  if (found.kind !== 'command') return tell(`"${name}" is a query, and changes nothing`)
  if (found.prepare !== undefined) return tell(`"${name}" has a prepare, which only a request runs: owe an effect in its run instead`)
  const input = found.input as { readonly properties?: Readonly<Record<string, unknown>>; readonly required?: readonly string[] }
  const other = (input.required ?? []).find((one) => one !== 'email' && one !== 'part')
  if (input.properties?.['email'] === undefined) tell(`the input of "${name}" has no email, which is the id of the letter`)
  else if (other !== undefined) tell(`the input of "${name}" asks for ${other}: a letter has its email, and the part in place of the *`)
}
