import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'

type Values = Readonly<Record<string, unknown>>
type Named = { readonly id: string }

/** A change names files by their ids. Those that the record has already are put in as it has them: naming them again changes nothing. */
export function withKnownFiles({ fields }: CollectionModel, before: AnyRecord, given: Values): Values {
  const values = Object.entries(given).map(([name, value]) => {
    if (value === null || fields.get(name)?.field.kind.holdsFiles === undefined) return [name, value]
    const known = new Map(([before[name] ?? []].flat() as Named[]).map((file) => [file.id, file]))
    const whole = (file: Named) => known.get(file.id) ?? file
    return [name, Array.isArray(value) ? value.map(whole) : whole(value as Named)]
  })
  return Object.fromEntries(values)
}
