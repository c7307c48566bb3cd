// The fields that a project adds to collections of the shop: whether their names are free, and whether carts and orders, which are made at
// once and erased by rules of their own, can have them.
import { claimCart } from '../../domains/carts/claim-cart.ts'
import { createCart } from '../../domains/carts/create-cart.ts'
import { updateCart } from '../../domains/carts/update-cart.ts'
import { orderRow } from '../../domains/imports/imported-order.ts'
import { createOrder } from '../../domains/orders/create-order.ts'
import type { Collection, Fields } from '../../schema/collection.ts'
import { emailKind } from '../../schema/kinds/email.ts'
import type { Field } from '../../schema/kinds/kind.ts'
import type { Add } from '../../schema/shape.ts'
import { checkFields, type Names } from './check-collection.ts'

/** Of which collection of the shop they are. */
export const ownFieldsOf = {
  productFields: 'products',
  variantFields: 'variants',
  cartFields: 'carts',
  orderFields: 'orders',
} as const
export type OwnFields = keyof typeof ownFieldsOf
type Given = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What requests and answers of theirs have beside their fields. */
const words: { readonly [P in OwnFields]?: readonly string[] } = {
  cartFields: namesIn(createCart.input, updateCart.input, claimCart.output),
  orderFields: namesIn(createOrder.input, orderRow),
}

function namesIn(...schemas: readonly object[]): string[] {
  return schemas.flatMap((schema) => Object.keys((schema as { readonly properties: object }).properties))
}

export function checkOwnFields(given: Given, system: readonly Collection[], names: Names): void {
  const sound: Record<string, Fields> = {}
  for (const [option, of] of Object.entries(ownFieldsOf)) {
    const more = given[option] ?? {}
    const { fields, loaded, lists } = system.find(({ name }) => name === of)!
    const isRestricted = option === 'cartFields' || option === 'orderFields'
    sound[option] = checkFields(more, `shop.${option}`, names)
    const known = [...Object.keys({ ...fields, ...loaded?.fields, ...lists }), ...(words[option as OwnFields] ?? [])]
    const taken = new Map(known.map((name) => [name.toLowerCase(), name]))
    for (const name of Object.keys(more)) {
      const other = taken.get(name.toLowerCase())
      if (other !== undefined) names.add(`shop.${option}.${name}`, `${of} have "${other}" already: choose another name`)
    }
    if (!isRestricted) continue
    for (const [name, field] of Object.entries(sound[option])) checkMade(field, { path: `shop.${option}.${name}`, of }, names.add)
  }
  checkCarried(sound, names.add)
}

type Place = { readonly path: string; readonly of: string }

/** A cart is made empty, an order by its cart: nobody fills in a form first. */
function checkMade(field: Field, { path, of }: Place, add: Add): void {
  const { kind, required, unique, default: given, to, onDelete } = field
  if (field.computed !== undefined) return add(path, `is made of other fields, which ${of} have none of: leave it to who reads them`)
  if (kind.holdsFiles !== undefined) return add(path, `holds files, which ${of} cannot: keep them in a collection that refers to ${of}`)
  if (kind === emailKind || to === 'users')
    return add(
      path,
      `names a person, and ${of} are erased with whom they are of alone: use field.text(), or a collection that refers to ${of}`,
    )
  if (unique === true) add(`${path}.unique`, `is not for fields of ${of}: two made at once would refuse each other`)
  if (onDelete === 'cascade') add(`${path}.onDelete`, `would delete ${of}: use 'restrict' or 'setNull'`)
  if (required && given === undefined) add(`${path}.required`, `needs a default: ${of} are made before anybody says it`)
}

/** What a cart hands on must fit what the order has for it. */
function checkCarried({ cartFields = {}, orderFields = {} }: Readonly<Record<string, Fields>>, add: Add): void {
  for (const [name, to] of Object.entries(orderFields)) {
    const from = cartFields[name]
    const reason = from === undefined ? null : mismatch(from, to)
    if (reason !== null) add(`shop.orderFields.${name}`, `gets what shop.cartFields.${name} has, and ${reason}`)
  }
}

function mismatch(from: Field, to: Field): string | null {
  if (from.kind !== to.kind) return `is a ${to.kind.name} while that is a ${from.kind.name}`
  if (from.to !== to.to) return `refers to ${to.to} while that refers to ${from.to}`
  if (from.scale !== to.scale) return `has other decimals`
  const missing = from.options?.find((option) => !to.options?.includes(option))
  return missing === undefined ? null : `has no option "${missing}"`
}
