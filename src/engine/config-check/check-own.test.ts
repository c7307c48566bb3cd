// Mistakes in what a project adds: each with its path, and the place where it is declared.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, before, collection, defineEffect, defineMail, defineSchedule, defineSecret, field, orders, Type } from '../../index.ts'
import { createBackend } from '../backend.ts'

const notes = collection('notes', { fields: { text: field.text() } })
const elsewhere = collection('elsewhere', { fields: { text: field.text() } })
const run = () => {}
const payload = Type.Object({})

function mistakesOf(config: object): string {
  try {
    createBackend({ name: 'Wrong', collections: [notes], shop: { currency: 'EUR' }, ...config } as never, {
      publicUrl: 'http://localhost',
      isDevelopment: true,
      paymentProviders: [],
    })
    return ''
  } catch (error) {
    assert.equal((error as Error).name, 'ConfigError', String((error as Error).stack))
    return (error as Error).message
  }
}

for (const [what, config, told] of [
  [
    'a misspelt event',
    { hooks: [before({ name: 'a.b', on: 'order.plcaed' as never, run })] },
    /^before hook a\.b, on: "order\.plcaed" is no event.*order\.placed/,
  ],
  ['a collection that is not there', { hooks: [before({ name: 'a.b', on: elsewhere, run })] }, /"elsewhere" is none of the collections/],
  [
    'a collection of the system',
    { hooks: [after({ name: 'a.b', on: orders, run })] },
    /"orders" changes through operations of its own alone/,
  ],
  [
    'a misspelt action',
    { hooks: [before({ name: 'a.b', on: notes, action: 'craete' as never, run })] },
    /^before hook a\.b, action: must be "create".* did you mean "create"/,
  ],
  [
    'one name twice',
    { hooks: [before({ name: 'a.b', on: notes, run }), after({ name: 'a.b', on: notes, run })] },
    /after hook a\.b, name: .*named twice/,
  ],
  ['no name', { hooks: [before({ name: 'notes' as never, on: notes, run })] }, /before hook notes, name: must be noun\.verb/],
  ['what is no hook', { hooks: [null, 5, {}, run] }, /hooks\[0\]: must be made by before/],
  [
    'no list',
    { hooks: {}, effects: 'x', mails: 5, secrets: {}, schedules: null },
    /effects: must be a list.*\n(.*\n)*hooks: must be a list/,
  ],
  ['holes', { effects: [null], mails: [undefined], secrets: [5], schedules: [{}] }, /effects\[0\]: must be made by defineEffect/],
  [
    'an effect with a name of ours',
    { effects: [defineEffect('email.mine', { payload, run })] },
    /effect email\.mine, name: .*Kingpost's own/,
  ],
  [
    'a payload that is no object',
    { effects: [defineEffect('a.b', { payload: Type.String() as never, run })] },
    /effect a\.b, payload: must be a Type\.Object/,
  ],
  [
    'a gap in a mail',
    { mails: [defineMail('x', { data: Type.Object({ name: Type.String() }), subject: 'x', text: '{{nmae}}' as never })] },
    /\{\{nmae\}\} is nothing that `data` has.*name/,
  ],
  [
    'a template that is none',
    { mails: [defineMail('x', { data: payload, subject: 'x', text: '{{#a}}' as never })] },
    /mail x, text: is no template/,
  ],
  ['a template of ours', { mails: [defineMail('order_receipt', { data: payload, subject: 'x', text: 'y' })] }, /Kingpost's own/],
  ['a secret that is no variable', { secrets: [defineSecret('crm token')] }, /secret crm token, name: must be a variable/],
  [
    'no such time',
    { schedules: [defineSchedule('a.b', { every: '5 minutes' as never, run })] },
    /schedule a\.b, every: must be a time such as 30s/,
  ],
  ['too often', { schedules: [defineSchedule('a.b', { every: '1s', run })] }, /must be 5s or more/],
  ['no such plan', { schedules: [defineSchedule('a.b', { cron: '99 * * * *', run })] }, /"99" is no minute/],
  ['never', { schedules: [defineSchedule('a.b', { cron: '0 0 30 2 *', run })] }, /never comes/],
  [
    'no such zone',
    { schedules: [defineSchedule('a.b', { cron: '0 0 * * *', timeZone: 'Mars/Olympus', run })] },
    /timeZone: must be a time zone/,
  ],
  [
    'both plans',
    { schedules: [defineSchedule('a.b', { cron: '0 0 * * *', every: '5m', run } as never)] },
    /needs one of `every` and `cron`/,
  ],
  ['a schedule of ours', { schedules: [defineSchedule('orders.expire', { every: '5m', run })] }, /Kingpost's own/],
] as const)
  test(`${what} is told`, () => assert.match(mistakesOf(config), told))

test('what is right is taken', () => {
  const hooks = [before({ name: 'notes.look', on: notes, run }), after({ name: 'orders.look', on: 'order.placed', run })]
  const schedules = [defineSchedule('notes.tidy', { cron: '*/5 8-18 * * mon-fri', timeZone: 'Europe/Berlin', run })]
  const mails = [
    defineMail('x', { data: Type.Object({ lines: Type.Array(Type.Object({})) }), subject: '{{shop}}', text: '{{#lines}}{{a}}{{/lines}}' }),
  ]
  assert.equal(
    mistakesOf({ hooks, schedules, mails, effects: [defineEffect('a.b', { payload, run })], secrets: [defineSecret('A_B')] }),
    '',
  )
})
