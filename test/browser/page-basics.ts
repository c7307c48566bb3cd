// What every page owes its readers, whatever it shows. A short list of our own: each line of it can fail.
import type { Page } from 'playwright-core'

/** What is wrong with the page as it stands, one sentence a finding. */
export async function basicsOf(page: Page): Promise<string[]> {
  return [...(await page.evaluate(readBasics)), ...(await focusFindings(page))]
}

/** Runs in the page. */
function readBasics(): string[] {
  const findings: string[] = []
  const isSeen = (element: Element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('[aria-hidden="true"]')
  const tell = (element: Element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 140)
  const textOf = (element: Element) => (element.getAttribute('aria-label') ?? element.textContent ?? '').trim()

  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth > clientWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(
      (one) => isSeen(one) && one.getBoundingClientRect().right > clientWidth + 1,
    )
    findings.push(`it scrolls sideways, ${scrollWidth} of ${clientWidth} px: ${wide.slice(0, 3).map(tell).join(' ')}`)
  }
  if (document.documentElement.lang === '') findings.push('its language is not said')
  if (document.title.trim() === '') findings.push('it has no title')
  const headings = [...document.querySelectorAll('h1')].filter(isSeen)
  if (headings.length !== 1) findings.push(`it has ${headings.length} h1`)
  const mains = [...document.querySelectorAll('main')].filter(isSeen)
  if (mains.length !== 1) findings.push(`it has ${mains.length} main`)

  for (const field of document.querySelectorAll<HTMLInputElement>('input:not([type=hidden]), select, textarea')) {
    if (!isSeen(field)) continue
    const label = [...(field.labels ?? [])].map(textOf).join(' ')
    if (label === '' && !field.getAttribute('aria-label') && !field.getAttribute('aria-labelledby'))
      findings.push(`a field without a label: ${tell(field)}`)
  }
  for (const image of document.querySelectorAll('img'))
    if (isSeen(image) && !image.hasAttribute('alt')) findings.push(`an image without alt: ${tell(image)}`)
  for (const drawing of document.querySelectorAll('svg')) {
    const isNamed = drawing.hasAttribute('aria-label') || drawing.querySelector(':scope > title') !== null
    if (isSeen(drawing) && !isNamed) findings.push(`a drawing that is neither named nor hidden: ${tell(drawing)}`)
  }
  for (const frame of document.querySelectorAll('iframe'))
    if (isSeen(frame) && !frame.title) findings.push(`a frame without a title: ${tell(frame)}`)
  for (const control of document.querySelectorAll('a[href], button, summary, [role=button], [role=tab]'))
    if (
      isSeen(control) &&
      textOf(control) === '' &&
      !control.getAttribute('title') &&
      !control.querySelector('[aria-label], img[alt]:not([alt=""])')
    )
      findings.push(`a control without a name: ${tell(control)}`)
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) findings.push(`the id "${id}" is there twice`)
  return findings
}

/** A page that has just changed moves the focus once it is painted: a key that is pressed before may reach the wrong place. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(resolve))))),
  )
}

/** The first things the Tab key reaches can be told from the rest. */
async function focusFindings(page: Page): Promise<string[]> {
  const findings: string[] = []
  await settled(page)
  for (let step = 0; step < 3; step++) {
    await page.keyboard.press('Tab')
    const unseen = await page.evaluate(() => {
      const element = document.activeElement
      if (!element || element === document.body || element.tagName === 'IFRAME') return null
      // A link lights up its row, a radio button the card around it.
      const places = [
        getComputedStyle(element),
        getComputedStyle(element, '::after'),
        getComputedStyle(element.closest('label') ?? element),
      ]
      const isMarked = places.some(({ outlineStyle, outlineWidth, boxShadow }) => {
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'
      })
      return isMarked ? null : element.outerHTML.slice(0, 140)
    })
    if (unseen !== null) findings.push(`the focus cannot be seen on ${unseen}`)
  }
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  return findings
}
