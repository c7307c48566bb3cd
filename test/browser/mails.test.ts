// Every mail of ours as a browser draws it, on the narrowest telephone, by day and by night.
import assert from 'node:assert/strict'
import { languages } from '../../src/base/language.ts'
import { mailDesignOf } from '../../src/config/mail-design.ts'
import { ownMailNames, ownTemplate } from '../../src/domains/emails/order-templates.ts'
import { render } from '../../src/domains/emails/render.ts'
import { sampleView } from '../../src/domains/emails/sample-views.ts'
import { browserTest, openVisitor } from './browser.ts'

/** `color`: light, so that neither white nor what it is can be read on the other. */
const design = mailDesignOf(
  { name: 'Shop', mail: { design: { color: '#ffd400', address: ['Shop', 'Main Street 1'] } } },
  'https://shop.example',
)
const { button: ground, onButton: text } = design.day

function mailsOf(view: object): { readonly name: string; readonly html: string }[] {
  return languages.flatMap((language) =>
    ownMailNames.map((name) => {
      const template = { ...ownTemplate(name, language), ...(name === 'cart_reminder' && { category: 'marketing' as const }) }
      const filled = { shop: 'Shop', accent: { ground, text }, ...sampleView(name, language, 'https://shop.example'), ...view }
      return { name: `${name}.${language}`, html: render(template, filled, { shop: 'Shop', design, language }).html! }
    }),
  )
}

browserTest('every mail fits a telephone of 320 px, and can be read by day and by night', async () => {
  const { page } = await openVisitor('about:blank', { size: 'phone' })
  // What no word of a language is as long as.
  const long = {
    items: [{ quantity: 10_000, title: 'x'.repeat(120), total: '1000000.00 EUR' }],
    number: '9'.repeat(60),
    holder: 'y'.repeat(90),
  }
  const mails = [...mailsOf({}), ...mailsOf(long).filter(({ name }) => /^(?:order|transfer)/.test(name))]
  await page.setContent('<!doctype html><html lang="en"><body></body></html>')
  await page.evaluate(showAll, mails)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const { found, looked } = await page.evaluate(readAll)
    assert.deepEqual([colorScheme, found], [colorScheme, []])
    assert.ok(looked > mails.length * 4, `${looked} words were looked at`)
  }
  await page.context().close()
})

/** Runs in the page. */
async function showAll(mails: readonly { readonly name: string; readonly html: string }[]): Promise<void> {
  const shown = mails.map(({ name, html }) => {
    const frame = document.createElement('iframe')
    Object.assign(frame, { name, title: name, srcdoc: html, width: '320', height: '600' })
    frame.style.border = '0'
    document.body.append(frame)
    return new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  })
  await Promise.all(shown)
}

/** Runs in the page. What sticks out, and words with less contrast than WCAG 2.2 asks for. */
function readAll(): { readonly found: string[]; readonly looked: number } {
  type Color = readonly [number, number, number, number]
  const parse = (text: string): Color => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number)
    return [red, green, blue, alpha]
  }
  const luminance = (color: Color) => {
    const [red, green, blue] = color.map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
  }
  const groundOf = (element: Element | null): Color => {
    if (element === null) return [255, 255, 255, 1]
    const ground = parse(getComputedStyle(element).backgroundColor)
    return ground[3] === 0 ? groundOf(element.parentElement) : ground
  }
  const found: string[] = []
  let looked = 0
  for (const frame of document.querySelectorAll('iframe')) {
    const mail = frame.contentDocument!
    const root = mail.documentElement
    if (root.scrollWidth > root.clientWidth) found.push(`${frame.name} is ${root.scrollWidth} px wide`)
    for (const element of mail.body.querySelectorAll('*')) {
      const isSaid = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim() !== '')
      if (!isSaid || !element.checkVisibility()) continue
      looked += 1
      const [low, high] = [luminance(parse(getComputedStyle(element).color)), luminance(groundOf(element))].toSorted((a, b) => a - b)
      const contrast = (high! + 0.05) / (low! + 0.05)
      if (contrast < 4.5) found.push(`${frame.name}: ${contrast.toFixed(1)} to 1: ${element.outerHTML.slice(0, 120)}`)
    }
  }
  return { found, looked }
}
