/**
 * Owns the catalogue: filters live in the address (so a search can be sent to a friend), books come in keyset pages.
 * What was loaded is remembered by address, so that Back returns to the same place in the same list.
 */
import type { Page as Items } from 'kingpost/client'
import { drawCover } from '../cover.ts'
import { announce, byId, h, showToast } from '../dom.ts'
import { explain } from '../problems.ts'
import type { Page, Visit } from '../router.ts'
import { type BookQuery, type BookWithEditions, client, copiesLeft, formatMoney, kindOf, listCategories } from '../shop.ts'
import { chips, filters, queryOf } from './catalogue-filters.ts'

/** A person looks at few lists in one visit; older ones are simply read again. */
const LISTS_MAX = 10
/** A picture, not a selection: these are drawn whether or not the shop has them today. */
const faces = [
  { slug: 'dracula', title: 'Dracula', author: 'Bram Stoker', kind: 'gothic-and-mystery' },
  { slug: 'faust', title: 'Faust', author: 'J. W. von Goethe', kind: 'philosophy-and-politics' },
  { slug: 'kim', title: 'Kim', author: 'Rudyard Kipling', kind: 'adventure' },
  { slug: 'we', title: 'We', author: 'Yevgeny Zamyatin', kind: 'science-fiction-and-fantasy' },
]
const lists = new Map<string, Items<BookWithEditions>>()

export async function openCatalogue({ url, signal }: Visit): Promise<Page> {
  const wanted = url.searchParams
  byId<HTMLInputElement>('search-words').value = wanted.get('q') ?? ''
  const key = url.search
  const kept = lists.get(key)
  const [categories, list] = await Promise.all([listCategories(), kept ?? listBooks({ ...queryOf(wanted), count: true }, signal)])
  keepList(key, list)
  const category = categories.find(({ slug }) => slug === wanted.get('category'))
  const words = wanted.get('q')
  const title = words ? `“${words}”` : (category?.title ?? '')
  const isFront = [...wanted.keys()].length === 0
  return {
    title,
    view: h(
      'div',
      { class: 'catalogue' },
      isFront ? hero(list.count) : h('h1', {}, title || 'All books'),
      chips([{ slug: '', title: 'All' }, ...categories], wanted),
      filters(wanted),
      h('p', { class: 'quiet result-count', 'aria-live': 'polite' }, countText(list.count)),
      list.items.length === 0 ? nothingFound() : shelf(list, key),
    ),
  }
}

async function listBooks(query: BookQuery, signal?: AbortSignal): Promise<Items<BookWithEditions>> {
  return await client.products.list({ ...query, expand: ['variants'] }, signal ? { signal } : {})
}

function keepList(key: string, list: Items<BookWithEditions>): void {
  lists.delete(key)
  lists.set(key, list)
  for (const oldest of lists.keys()) {
    if (lists.size <= LISTS_MAX) break
    lists.delete(oldest)
  }
}

/** Stock changes with every order: what was remembered is then read again. */
export function forgetLists(): void {
  lists.clear()
}

function countText(count: number | undefined): string {
  if (count === undefined) return ''
  return count === 1 ? '1 book' : `${count} books`
}

function hero(count: number | undefined): HTMLElement {
  return h(
    'section',
    { class: 'hero' },
    h(
      'div',
      { class: 'hero-words' },
      h('p', { class: 'eyebrow' }, 'Five centuries, 35 languages'),
      h('h1', {}, 'Books that outlived everyone who said they wouldn’t.'),
      h('p', { class: 'lede' }, `${count ?? 'Hundreds of'} classics, printed well and sent by post.`),
    ),
    h(
      'div',
      { class: 'hero-covers', 'aria-hidden': 'true' },
      faces.map((face) => drawCover(face, { width: 160 })),
    ),
  )
}

function shelf(first: Items<BookWithEditions>, key: string): HTMLElement {
  const grid = h('ul', { class: 'shelf' }, first.items.map(card))
  const more = h('button', { class: 'button is-quiet', type: 'button' }, 'Show more books')
  const foot = h('div', { class: 'more', hidden: first.next === null }, more)
  let list = first
  more.addEventListener('click', async () => {
    if (list.next === null || more.getAttribute('aria-busy') === 'true') return
    more.setAttribute('aria-busy', 'true')
    try {
      const query = queryOf(new URLSearchParams(key))
      const page = await listBooks({ ...query, cursor: list.next })
      const cards = page.items.map(card)
      grid.append(...cards)
      // The keyboard goes on with the first new book instead of falling to the foot of the page.
      cards[0]?.querySelector('a')?.focus({ preventScroll: true })
      list = { ...list, items: [...list.items, ...page.items], next: page.next }
      keepList(key, list)
      foot.hidden = list.next === null
      announce(`${page.items.length} more books`)
    } catch (error) {
      showToast(explain(error))
    } finally {
      more.removeAttribute('aria-busy')
    }
  })
  return h('div', {}, grid, foot)
}

function card(book: BookWithEditions): HTMLElement {
  const left = copiesLeft(book)
  const hasSeveral = book.variants.length > 1
  const note = left === 0 ? 'Sold out' : left <= 3 ? `Only ${left} left` : book.onSale ? 'Sale' : ''
  const kind = kindOf(book)
  return h(
    'li',
    { class: `card ${left === 0 ? 'is-gone' : ''}` },
    h(
      'a',
      { href: `/books/${encodeURIComponent(book.slug)}` },
      h('div', { class: 'card-cover' }, drawCover({ ...book, kind }, { width: 192 })),
      h('span', { class: 'card-title' }, book.title),
      h('span', { class: 'card-author' }, `${book.author}, ${book.year}`),
      h(
        'span',
        { class: 'card-foot' },
        h('span', { class: 'price' }, hasSeveral && h('small', {}, 'from '), book.price && formatMoney(book.price)),
        note && h('span', { class: `tag ${left === 0 ? 'is-gone' : ''}` }, note),
      ),
    ),
  )
}

function nothingFound(): HTMLElement {
  return h(
    'div',
    { class: 'empty' },
    h('h2', {}, 'No book fits'),
    h('p', {}, 'Try fewer words, another language or a wider price range.'),
    h('a', { class: 'button', href: '/' }, 'See all books'),
  )
}
