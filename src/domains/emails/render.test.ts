import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from './render.ts'

test('values are escaped in HTML alone, and no subject has a second line', () => {
  const template = { subject: 'Hi {{name}}', text: '{{name}}', html: '<p>{{name}}</p>' }
  const { subject, text, html } = render(template, { name: '<b>&"\r\nBcc: x@example.com' })
  assert.doesNotMatch(subject, /[\r\n]/)
  assert.ok(text.includes('<b>&"'))
  assert.ok(html !== null && !html.includes('<b>') && html.includes('&lt;b&gt;&amp;&quot;'))
})
