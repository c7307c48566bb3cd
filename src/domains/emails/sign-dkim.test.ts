// DKIM against the example of RFC 8463, and against a verifier of its own here, written from RFC 6376 section 6.1.3 and sharing nothing with
// the signer.
import assert from 'node:assert/strict'
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { test } from 'node:test'
import { composeMessage } from './compose-message.ts'
import { parseDkimKey, relaxedBody, signDkim } from './sign-dkim.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const ed = generateKeyPairSync('ed25519')
const at = Date.UTC(2026, 10, 24)
const message = Buffer.from(
  [
    'From: Shop <shop@shop.example>',
    'To: ada@mail.example',
    'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=',
    '\tand more',
    'Date: Tue, 24 Nov 2026 00:00:00 +0000',
    'Message-ID: <eml_1@shop.example>',
    'List-Unsubscribe: <https://shop.example/u>',
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    'X-Other: not signed',
    '',
    'Hello   there \t ',
    '',
    '.line',
    '',
    '',
  ].join('\r\n'),
)

const letter = {
  from: 'Shop <shop@shop.example>',
  to: 'ada@mail.example',
  replyTo: null,
  subject: 'Your order',
  html: '<p>Thank you.</p>\n<p>Bye.</p>',
  messageId: '<eml_1@shop.example>',
  inReplyTo: null,
  references: null,
  createdAt: at,
  sendAt: null,
  attachments: [],
}

test('the body of the example in RFC 8463 has the hash that it says', () => {
  const body = 'Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n\r\n\r\n'
  assert.equal(createHash('sha256').update(relaxedBody(body)).digest('base64'), '2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=')
  assert.equal(relaxedBody(''), '')
})

test('a message is signed by each key, and each signature is good for what it names and nothing that was changed', () => {
  const keys = [
    { domain: 'shop.example', selector: 'rsa1', key: parseDkimKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()) },
    {
      domain: 'shop.example',
      selector: 'ed1',
      key: parseDkimKey(ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', '\\n')),
    },
  ]
  const text = signDkim(message, keys, at).toString('latin1')
  assert.ok(text.endsWith(message.toString('latin1')))
  assert.deepEqual(check(text), ['rsa1: pass', 'ed1: pass'])
  for (const line of text.split('\r\n')) assert.ok(line.length <= 78, line)
  const fails = ['rsa1: fail', 'ed1: fail']
  assert.deepEqual(check(text.replace('ada@', 'eve@')), fails)
  assert.deepEqual(check(text.replace('One-Click', 'Other')), fails)
  assert.deepEqual(check(text.replace('Hello', 'Hallo')), fails)
  // A second one, that some programs would show instead.
  assert.deepEqual(check(text.replace('From:', 'From: eve@evil.example\r\nFrom:')), fails)
  // What mail systems may do on the way.
  assert.deepEqual(check(text.replace('Hello   there', 'Hello \t there').replace('X-Other', 'X-Else')), ['rsa1: pass', 'ed1: pass'])
  // Made by chance nowhere: a repeat is the same bytes.
  assert.equal(signDkim(message, keys, at).toString('latin1'), text)
})

test('what is signed has the lines that arrive, however they ended in the text', async () => {
  const keys = [{ domain: 'shop.example', selector: 'rsa1', key: rsa.privateKey }]
  for (const text of ['One\nTwo\n', 'One\rTwo', 'One\r\nTwo\n\n', 'Grüße\nan\rAda', `${'x'.repeat(1_200)}\nend`]) {
    const sent = (await composeMessage({ ...letter, text }, keys)).toString('latin1')
    assert.doesNotMatch(sent, /\r(?!\n)|(?<!\r)\n/)
    assert.deepEqual(check(sent), ['rsa1: pass'])
  }
})

test('keys that are none, or too short, are refused', () => {
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
  assert.throws(() => parseDkimKey(pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey)), /at least 2048 bits/)
  assert.throws(() => parseDkimKey(pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)), /Ed25519/)
  assert.throws(() => parseDkimKey('secret'))
})

/** Of each signature, by its selector. */
function check(text: string): string[] {
  const end = text.indexOf('\r\n\r\n')
  const fields: string[] = []
  for (const line of text.slice(0, end).split('\r\n'))
    if (/^[ \t]/.test(line)) fields[fields.length - 1] += `\r\n${line}`
    else fields.push(line)
  const canonical = (field: string) => {
    const [, name, value] = /^([^:]+):([\s\S]*)$/.exec(field)!
    return `${name!.trim().toLowerCase()}:${value!
      .replace(/\r\n/g, '')
      .replace(/[\t ]+/g, ' ')
      .trim()}`
  }
  return fields
    .filter((field) => field.toLowerCase().startsWith('dkim-signature:'))
    .map((field) => {
      const tags = new Map(
        field
          .slice(15)
          .split(';')
          .map((tag) => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).replace(/\s+/g, '')] as const),
      )
      const left = fields.toReversed()
      const covered = tags
        .get('h')!
        .split(':')
        .flatMap((name) => {
          const found = left.findIndex((one) => one.toLowerCase().startsWith(`${name}:`))
          return found < 0 ? [] : left.splice(found, 1)
        })
      const data = Buffer.from([...covered, field.replace(/(b=)[^;]*$/, '$1')].map(canonical).join('\r\n'), 'latin1')
      const body = `${text
        .slice(end + 4)
        .replace(/[\t ]+(?=\r\n)/g, '')
        .replace(/[\t ]+/g, ' ')
        .replace(/(\r\n)+$/, '')}\r\n`
      const isBody = createHash('sha256').update(body, 'latin1').digest('base64') === tags.get('bh')
      const signature = Buffer.from(tags.get('b')!, 'base64')
      const isGood =
        tags.get('a') === 'rsa-sha256'
          ? verify('sha256', data, createPublicKey(rsa.privateKey), signature)
          : verify(null, createHash('sha256').update(data).digest(), createPublicKey(ed.privateKey), signature)
      return `${tags.get('s')}: ${isBody && isGood ? 'pass' : 'fail'}`
    })
}
