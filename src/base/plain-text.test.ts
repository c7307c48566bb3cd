import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainText } from './plain-text.ts'

test('HTML is told as text', () => {
  const html =
    '<html><HEAD><title>x</title><style>p{a:b}</style></HEAD><body><p>Gr&uuml;&szlig;e &amp; &#8364;1&#x2c; 2 &lt; 3</p><!-- no --><div>two<br>three</div><script>no</script>4 < 5</body>'
  assert.equal(plainText(html), 'Grüße & €1, 2 < 3\n\ntwo\nthree\n4 < 5')
})

test('whatever is in it, it ends and is short', () => {
  for (const odd of [
    '<',
    '<!--',
    '<script>',
    '</',
    '<p',
    '&#x110000;',
    '&#0;',
    'İ<b>x</b>',
    '<script>a</script',
    '&'.repeat(50_000),
    '<p>'.repeat(200_000),
    '<!--'.repeat(200_000),
    '<script>'.repeat(100_000),
  ])
    assert.ok(plainText(odd).length <= odd.length)
})

test('the time it takes grows with the length alone: where it grew with its square, this would take minutes', { timeout: 60_000 }, () => {
  assert.equal(plainText('<b> '.repeat(1_000_000)), '')
  assert.equal(plainText(`a${' <b>'.repeat(1_000_000)}<br>b`), 'a\nb')
})
