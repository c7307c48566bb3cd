import assert from 'node:assert/strict'
import { test } from 'node:test'
import mustache from 'mustache'
import { languages } from '../../base/language.ts'
import { mailDesignOf } from '../../config/mail-design.ts'
import { ownMailNames, ownTemplate } from './order-templates.ts'
import { render } from './render.ts'
import { sampleView } from './sample-views.ts'

const look = { shop: 'Shop', design: mailDesignOf({ name: 'Shop' }, 'https://shop.example'), language: 'en' }

test('values are escaped in HTML alone, and no subject has a second line', () => {
  const template = { subject: 'Hi {{name}}', text: '{{name}}', html: '<p>{{name}}</p>' }
  const { subject, text, html } = render(template, { name: '<b>&"\r\nBcc: x@example.com' }, look)
  assert.doesNotMatch(subject, /[\r\n]/)
  assert.ok(text.includes('<b>&"'))
  assert.ok(html !== null && !html.includes('<b>') && html.includes('&lt;b&gt;&amp;&quot;'))
})

for (const language of languages)
  for (const name of ownMailNames)
    test(`${name} in ${language} says the same in text and HTML, and leaves nothing open`, () => {
      const template = ownTemplate(name, language)
      const view = sampleView(name, language, 'https://shop.example')
      const { subject, text, html } = render(template, { shop: 'Shop', accent: { ground: '#000000', text: '#ffffff' }, ...view }, look)
      const read = html!.replace(/&#(?:x([0-9A-F]+)|(\d+));/g, (_, hex, decimal) => String.fromCharCode(Number(hex ? `0x${hex}` : decimal)))
      for (const part of [subject, text, read]) assert.doesNotMatch(part, /\{\{|undefined|\[object|null/)
      assert.match(read, new RegExp(`^<!doctype html>\\n<html lang="${template.language}" dir="ltr">`))
      const asked = namesIn(template.text)
      assert.deepEqual(namesIn(template.html!).difference(new Set([...asked, 'accent'])), new Set(), 'only the HTML asks for it')
      assert.deepEqual(
        [...asked].filter((field) => field !== 'shop' && !Object.hasOwn(view, field)),
        [],
        'no example of it',
      )
      for (const value of valuesIn(view)) for (const part of [text, read]) assert.ok(part.includes(value), `${value} is in ${part}`)
    })

/** What a template asks for at its outermost level. */
function namesIn(template: string): Set<string> {
  const tokens = mustache.parse(template) as unknown as [type: string, value: string][]
  return new Set(tokens.filter(([type]) => type !== 'text').map(([, name]) => name.split('.')[0]!))
}

function valuesIn(view: unknown): string[] {
  if (typeof view === 'string') return [view]
  return typeof view === 'object' && view !== null ? Object.values(view).flatMap(valuesIn) : []
}
