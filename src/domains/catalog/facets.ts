// What a product can be narrowed down by, as one text that an index holds: so all products are counted by one read of that index, which
// groups those that are alike. Pure. Invariant: the text says all of it, or says that it does not (`~`).
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import type { Filter } from '../../contract/filter.ts'
import type { Fields } from '../../schema/collection.ts'
import type { Group } from '../../storage/storage.ts'

const separator = '\t'
const cut = '~'

/** Categories, options, price, then fields of the project by their names. */
export type FacetValues = Readonly<Record<string, unknown>> & {
  readonly categories: readonly string[] | null
  readonly optionValues: readonly string[] | null
  readonly price: Money | null
}

/** Fields of a project that products are counted by: those with few values that everybody may see. */
export function facetFieldsOf(fields: Fields): Fields {
  const isFacet = ({ kind, read, computed }: Fields[string]) =>
    ['enum', 'boolean'].includes(kind.name) && read === undefined && computed === undefined
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => isFacet(field)))
}

/** As it is stored with a product. */
export function facetTextOf(values: FacetValues, fields: readonly string[]): string {
  const { categories, optionValues, price } = values
  const own = fields.flatMap((name) => ((values[name] ?? null) === null ? [] : [`f${name}=${values[name]}`]))
  const all = [
    ...(price === null ? [] : [`p${bandOf(price.amount)}`]),
    ...own,
    ...(optionValues ?? []).map((value) => `o${value}`),
    ...(categories ?? []).map((id) => `c${id}`),
  ]
  let text = ''
  for (const token of all) {
    if (text.length + token.length + 1 + cut.length > limits.facetCharacters) return `${text}${cut}`
    text += `${token}${separator}`
  }
  return text
}

/** Prices in steps of 1, 2 and 5: from 10 to 20, from 20 to 50, from 50 to 100. By the place of the step. */
export function bandOf(amount: number): number {
  if (amount < 1) return 0
  const digits = Math.floor(Math.log10(amount))
  const lead = amount / 10 ** digits
  return 1 + digits * 3 + (lead >= 5 ? 2 : lead >= 2 ? 1 : 0)
}

export function bandFrom(band: number): number {
  return band === 0 ? 0 : [1, 2, 5][(band - 1) % 3]! * 10 ** Math.floor((band - 1) / 3)
}

/** The name of the option in `Size: S`. */
export function optionNameOf(value: string): string {
  return value.slice(0, value.indexOf(': '))
}

/** One condition of a query that a text answers, by the tokens of which it asks for one, and the facet that it narrows down. */
export type FacetFilter = {
  readonly facet: string
  readonly tokens: ReadonlySet<string>
  /** Or of categories whose path begins so. */
  readonly below?: string
}

/** A query in two: what the texts answer, and what the database is asked for. */
export function splitFilter(
  filter: Filter | undefined,
  fields: ReadonlySet<string>,
): { readonly own: readonly FacetFilter[]; readonly rest: readonly Filter[] } {
  const parts = filter === undefined ? [] : filter.op === 'and' ? filter.of : [filter]
  const own: FacetFilter[] = []
  const rest: Filter[] = []
  for (const part of parts) {
    const facet = facetOf(part, fields)
    // A bit each.
    if (facet === null || own.length === limits.facetFiltersMax) rest.push(part)
    else own.push(facet)
  }
  return { own, rest }
}

function facetOf(filter: Filter, fields: ReadonlySet<string>): FacetFilter | null {
  if (filter.op === 'or') {
    const parts = filter.of.map((part) => facetOf(part, fields))
    const [first] = parts
    if (!first || parts.some((part) => part?.facet !== first.facet)) return null
    // One that asks for a part of the tree stands alone.
    return parts.some((part) => part!.below !== undefined)
      ? null
      : { facet: first.facet, tokens: new Set(parts.flatMap((part) => [...part!.tokens])) }
  }
  if (filter.op === 'has' && filter.path === 'categories') return { facet: 'categories', tokens: new Set([`c${filter.value}`]) }
  if (filter.op === 'has' && filter.path === 'optionValues')
    return { facet: optionFacet(filter.value), tokens: new Set([`o${filter.value}`]) }
  if (filter.op === 'via' && filter.local === 'categories' && filter.of.op === 'startsWith' && filter.of.path === 'path')
    return { facet: 'categories', tokens: new Set(), below: filter.of.value }
  if (filter.op !== 'eq' && filter.op !== 'in') return null
  const values = 'values' in filter ? filter.values : [filter.value]
  return fields.has(filter.path) ? { facet: filter.path, tokens: new Set(values.map((value) => `f${filter.path}=${value}`)) } : null
}

function optionFacet(value: string): string {
  return `option ${optionNameOf(value)}`
}

export type Counted = {
  readonly count: number
  readonly price: { readonly min: number; readonly max: number } | null
  /** False where a product says more than its text holds. */
  readonly isWhole: boolean
  /** By facet, and there by value. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** What is known of one token, whichever texts it stands in. */
type Token = {
  readonly facet: string
  /** A bit for each condition on this facet. */
  readonly conditions: number
  /** A bit for each condition that it meets. */
  readonly meets: number
  /** What is counted: of a category itself and all above it. */
  readonly values: readonly string[]
  readonly counts: Map<string, number>
}

type Narrowing = {
  readonly own: readonly FacetFilter[]
  /** A category and all above it. */
  readonly within: (category: string) => readonly string[]
}

/**
 * Counts groups of products that are alike: `key[0]` is the text, the values are the least and the most price. What narrows one facet
 * down does not narrow its own counts, so that a customer sees what else there is. Each token is looked at once, however many texts
 * it stands in: there may be as many texts as products.
 */
export function countFacets(groups: readonly Group[], narrowing: Narrowing): Counted {
  const counts = new Map<string, Map<string, number>>()
  const tokens = new Map<string, Token>()
  const all = 2 ** narrowing.own.length - 1
  let [count, isWhole, min, max] = [0, true, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { key, count: products, values } of groups) {
    const text = String(key[0] ?? '')
    const found = tokensIn(text, tokens, (token) => readToken(token, counts, narrowing))
    let met = 0
    for (const { meets } of found) met |= meets
    const missed = all & ~met
    if (text.endsWith(cut)) isWhole = false
    addUp(found, missed, products)
    if (missed !== 0) continue
    count += products
    if (values[0] !== null) min = Math.min(min, values[0] as number)
    if (values[1] !== null) max = Math.max(max, values[1] as number)
  }
  return { count, isWhole, counts, price: min <= max ? { min, max } : null }
}

function tokensIn(text: string, known: Map<string, Token>, read: (token: string) => Token): Token[] {
  const found: Token[] = []
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(separator, start)
    if (end < 0) break
    const name = text.slice(start, end)
    let token = known.get(name)
    if (token === undefined) known.set(name, (token = read(name)))
    found.push(token)
    start = end + 1
  }
  return found
}

/** Where conditions are missed, only the facet counts that all of them narrow down. */
function addUp(found: readonly Token[], missed: number, products: number): void {
  let seen: Set<string> | null = null
  for (const { facet, conditions, values, counts } of found) {
    if ((missed & ~conditions) !== 0) continue
    for (const value of values) {
      // Two categories of one product may have the same ones above them.
      if (facet === 'categories') {
        seen ??= new Set()
        if (seen.size === seen.add(value).size) continue
      }
      counts.set(value, (counts.get(value) ?? 0) + products)
    }
  }
}

function readToken(name: string, all: Map<string, Map<string, number>>, { own, within }: Narrowing): Token {
  const value = name.slice(1)
  const [facet, values] =
    name[0] === 'c'
      ? ['categories', within(value)]
      : name[0] === 'o'
        ? [optionFacet(value), [value]]
        : name[0] === 'p'
          ? ['price', [value]]
          : [value.slice(0, value.indexOf('=')), [value.slice(value.indexOf('=') + 1)]]
  let counts = all.get(facet)
  if (counts === undefined) all.set(facet, (counts = new Map()))
  const path = facet === 'categories' ? `/${values.join('/')}/` : ''
  const isMet = ({ tokens, below }: FacetFilter) => tokens.has(name) || (below !== undefined && path.startsWith(below))
  const bits = (fits: (filter: FacetFilter) => boolean) => own.reduce((sum, filter, at) => (fits(filter) ? sum | (1 << at) : sum), 0)
  return { facet, conditions: bits((one) => one.facet === facet), meets: bits(isMet), values, counts }
}
