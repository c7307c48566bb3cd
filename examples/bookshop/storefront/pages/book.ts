/** Owns the page of one book: choose an edition, see whether it is there, put it in the cart. */
import { addToCart } from '../cart-store.ts'
import { drawCover } from '../cover.ts'
import { announce, h } from '../dom.ts'
import { banner, radios, showBanner } from '../forms.ts'
import { explain } from '../problems.ts'
import { notFound, type Page, type Visit } from '../router.ts'
import {
  type Book,
  type BookWithEditions,
  client,
  copiesLeft,
  type Edition,
  formatMoney,
  kindOf,
  languageName,
  listCategories,
} from '../shop.ts'

/** Above this a customer has no reason to hurry, and a number would only be noise. */
const FEW_COPIES = 5

export async function openBook({ params, signal }: Visit): Promise<Page> {
  const asked = client.products.list({ filter: { slug: params.slug ?? '' }, expand: ['variants'], limit: 1 }, { signal })
  const [found, categories] = await Promise.all([asked, listCategories()])
  const book = found.items[0]
  if (book === undefined) return notFound('We do not have this book.')
  const kind = kindOf(book)
  const category = categories.find(({ slug }) => slug === kind)
  const alike = await findAlike(book, kind, signal)
  return {
    title: `${book.title} by ${book.author}`,
    view: h(
      'article',
      { class: 'book' },
      h(
        'nav',
        { class: 'crumbs', 'aria-label': 'You are here' },
        h('a', { href: '/' }, 'Books'),
        category && h('a', { href: `/?category=${category.slug}` }, category.title),
      ),
      h('div', { class: 'book-cover' }, drawCover({ ...book, kind }, { width: 352, alt: `Cover of ${book.title}` })),
      h(
        'div',
        { class: 'book-words' },
        h('h1', {}, book.title),
        h('p', { class: 'book-author' }, 'by ', h('a', { href: `/?q=${encodeURIComponent(book.author)}` }, book.author)),
        h('p', { class: 'book-description' }, book.description),
        h(
          'dl',
          { class: 'facts' },
          fact('First published', String(book.year)),
          fact('Written in', languageName(book.language)),
          category && fact('Shelf', category.title),
        ),
        buyForm(book),
      ),
      alike.length > 0 &&
        h('section', { class: 'alike' }, h('h2', {}, 'On the same shelf'), h('ul', { class: 'shelf is-strip' }, alike.map(thumbnail))),
    ),
  }
}

function fact(name: string, value: string): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value))
}

/** Neighbours in time. They are a courtesy: without them the page is still whole. */
async function findAlike(book: Book, kind: string, signal: AbortSignal): Promise<Book[]> {
  const filter = { 'categories.slug': kind, year: { gte: book.year }, slug: { ne: book.slug } }
  const page = await client.products.list({ filter, sort: 'year', limit: 6 }, { signal }).catch(() => null)
  return page?.items ?? []
}

function thumbnail(book: Book): HTMLElement {
  return h(
    'li',
    { class: 'card' },
    h(
      'a',
      { href: `/books/${encodeURIComponent(book.slug)}` },
      h('div', { class: 'card-cover' }, drawCover({ ...book, kind: kindOf(book) }, { width: 192 })),
      h('span', { class: 'card-title' }, book.title),
      h('span', { class: 'card-author' }, book.author),
    ),
  )
}

function buyForm(book: BookWithEditions): HTMLElement {
  const variants = book.variants.toSorted((a, b) => a.price.amount - b.price.amount)
  const first = variants.find(({ available }) => available > 0)
  if (first === undefined || copiesLeft(book) === 0) {
    return h(
      'div',
      { class: 'sold-out' },
      h('strong', {}, 'Sold out'),
      h('p', {}, 'Every copy has found a reader. The printer has been told.'),
    )
  }
  const choices = radios(
    'Edition',
    'variant',
    variants.map((variant) => ({
      value: variant.id,
      title: variant.title,
      note: availability(variant),
      price: formatMoney(variant.price),
      ...(variant.compareAtPrice && isReduced(variant) && { usualPrice: formatMoney(variant.compareAtPrice) }),
    })),
    first.id,
  )
  for (const [i, input] of choices.querySelectorAll('input').entries()) {
    input.disabled = (variants[i]?.available ?? 0) <= 0
  }
  const problem = banner()
  const button = h('button', { class: 'button is-wide', type: 'submit' }, 'Add to cart')
  const done = h('p', { class: 'added', hidden: true }, 'In your cart. ', h('a', { href: '/cart' }, 'Go to cart'))
  const form = h('form', { class: 'buy' }, choices, problem, button, done)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (button.getAttribute('aria-busy') === 'true') return
    button.setAttribute('aria-busy', 'true')
    showBanner(problem, '')
    try {
      await addToCart(String(new FormData(form).get('variant')))
      done.hidden = false
      announce(`${book.title} is in your cart`)
    } catch (error) {
      showBanner(problem, explain(error))
    } finally {
      button.removeAttribute('aria-busy')
    }
  })
  return form
}

function isReduced({ price, compareAtPrice }: Edition): boolean {
  return compareAtPrice !== null && compareAtPrice.amount > price.amount
}

/** Beside a lower price stands the lowest of the 30 days before it, where there is one. */
function availability({ available, priorPrice, isDigital }: Edition): string {
  const before = priorPrice === null ? '' : `. Lowest price of the last 30 days: ${formatMoney(priorPrice)}`
  return `${isDigital ? 'To be downloaded at once' : copies(available)}${before}`
}

function copies(available: number): string {
  if (available <= 0) return 'Sold out'
  if (available > FEW_COPIES) return 'In stock, sent tomorrow'
  return available === 1 ? 'The last copy' : `Only ${available} left`
}
