/** Owns the catalogue's filters: the controls, the address they write, and the query that address means. */
import { byId, h } from '../dom.ts'
import { languages } from '../languages.ts'
import { navigate } from '../router.ts'
import { type BookQuery, languageName } from '../shop.ts'

/** Fills the rows of two, three, five and six columns. */
const PAGE_SIZE = 30
const SORTS = [
  ['title', 'Title, A to Z'],
  ['price', 'Price, low to high'],
  ['-price', 'Price, high to low'],
  ['year', 'Oldest first'],
  ['-year', 'Newest first'],
] as const

/** The list is drawn anew with each choice; on a phone the drawer must not close meanwhile. */
let areFiltersOpen = false

export function queryOf(wanted: URLSearchParams): BookQuery {
  const category = wanted.get('category')
  const language = wanted.get('language')
  const min = minorUnits(wanted.get('min'))
  const max = minorUnits(wanted.get('max'))
  const price = { ...(min !== undefined && { gte: min }), ...(max !== undefined && { lte: max }) }
  const filter = { ...(category && { 'categories.slug': category }), ...(language && { language }), price }
  const search = wanted.get('q') ?? ''
  const sort = SORTS.find(([key]) => key === wanted.get('sort'))?.[0] ?? (search ? undefined : 'title')
  // Without a sort, what fits a search best comes first.
  return { filter, ...(sort && { sort }), search, limit: PAGE_SIZE }
}

function minorUnits(text: string | null): number | undefined {
  const value = Number(text ?? '')
  return text && Number.isFinite(value) && value >= 0 ? Math.round(value * 100) : undefined
}

export function chips(categories: readonly { slug: string; title: string }[], wanted: URLSearchParams): HTMLElement {
  const chosen = wanted.get('category') ?? ''
  const row = h(
    'nav',
    { class: 'chips', 'aria-label': 'Categories' },
    categories.map(({ slug, title }) =>
      h(
        'a',
        {
          class: 'chip',
          id: `chip-${slug}`,
          href: addressWith(wanted, { category: slug }),
          'data-stay': true,
          'aria-current': slug === chosen ? 'true' : undefined,
        },
        title,
      ),
    ),
  )
  // On a phone the row is longer than the screen, and the chosen chip may be at its end.
  requestAnimationFrame(() => {
    const chip = row.querySelector<HTMLElement>('[aria-current]')
    if (chip) row.scrollLeft = chip.offsetLeft - (row.clientWidth - chip.offsetWidth) / 2
  })
  return row
}

export function filters(wanted: URLSearchParams): HTMLElement {
  const read = (id: string) => byId<HTMLInputElement | HTMLSelectElement>(id).value
  const usual = wanted.get('q') ? 'best' : 'title'
  const apply = () =>
    navigate(
      // Where the customer is on the way to, not what is drawn: a chip may have been pressed a moment ago.
      addressWith(new URLSearchParams(location.search), {
        language: read('filter-language'),
        min: read('filter-min'),
        max: read('filter-max'),
        sort: read('filter-sort') === usual ? '' : read('filter-sort'),
      }),
      { stay: true },
    )
  const price = (id: string, name: 'min' | 'max', label: string) =>
    h(
      'div',
      { class: 'filter filter-price' },
      h('label', { for: id }, label),
      h('input', {
        id,
        type: 'number',
        min: 0,
        step: 1,
        inputmode: 'decimal',
        placeholder: 'Any',
        value: wanted.get(name) ?? '',
        onchange: apply,
      }),
    )
  const choice = (id: string, label: string, chosen: string, all: readonly (readonly string[])[]) =>
    h(
      'div',
      { class: 'filter' },
      h('label', { for: id }, label),
      h(
        'select',
        { id, onchange: apply },
        all.map(([value, text]) => h('option', { value, selected: value === chosen }, text)),
      ),
    )
  const named = languages.map((code) => [code, languageName(code)] as const).sort((a, b) => a[1].localeCompare(b[1]))
  const isFiltered = ['language', 'min', 'max', 'q', 'category'].some((key) => wanted.get(key))
  return h(
    'details',
    {
      class: 'filters',
      open: areFiltersOpen || matchMedia('(min-width: 48rem)').matches,
      ontoggle: (event) => {
        areFiltersOpen = (event.target as HTMLDetailsElement).open
      },
    },
    h('summary', {}, 'Filter and sort'),
    h(
      'div',
      { class: 'filter-row' },
      choice('filter-language', 'Written in', wanted.get('language') ?? '', [['', 'Any language'], ...named]),
      price('filter-min', 'min', 'From €'),
      price('filter-max', 'max', 'To €'),
      choice('filter-sort', 'Sort by', wanted.get('sort') ?? usual, wanted.get('q') ? [[usual, 'Best match'], ...SORTS] : SORTS),
      isFiltered && h('a', { class: 'clear', href: '/', 'data-stay': true }, 'Clear all'),
    ),
  )
}

function addressWith(wanted: URLSearchParams, changes: Record<string, string>): string {
  const next = new URLSearchParams(wanted)
  for (const [key, value] of Object.entries(changes)) {
    if (value === '') next.delete(key)
    else next.set(key, value)
  }
  return next.size === 0 ? '/' : `/?${next}`
}
