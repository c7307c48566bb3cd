// Mails as a weapon, and mails as people need them: what anybody can cause to an address is bounded and says nothing
// of what they typed; what tells of money is always sent, and adds up.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { type Email, emails } from '../../src/domains/emails/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { type As, address, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'

let world: World
const open = async (shop: object = {}) => {
  world = await openWorld({ config: { ...testConfig, shop: { ...(testConfig.shop as object), ...shop } as never } })
  await world.engine.start()
}
beforeEach(() => open())
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

const mailsTo = async (to: string): Promise<Email[]> =>
  await world.engine.parts.storage.reader.find(emails, {
    where: eq('to', to),
    sort: [{ path: 'createdAt', descending: false }],
    limit: 200,
  })
const templatesTo = async (to: string) => (await mailsTo(to)).map(({ template }) => template)

/** An order of `as` to an address of their choice. */
async function order(as: As, email: string, method: string, variant = 'variant'): Promise<string> {
  const cart = await fillCart(world, as, [{ variant, quantity: 1 }])
  await world.call(as, { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body: { email } })
  const { body, status, text } = await checkOut(world, as, cart, method)
  assert.equal(status, 201, text)
  return body.order.id
}
const signIn = (headers: Record<string, string>) =>
  world.request({ method: 'POST', url: '/api/auth/login', headers, body: { email: 'owner@example.com', password: 'password of owner' } })
const cancel = (id: string) => world.call('staff', { method: 'POST', url: `/api/orders/${id}/cancel` })
const freeShipping = () =>
  world.call('staff', {
    method: 'PATCH',
    url: `/api/shippingMethods/${world.ids['shipping']}`,
    body: { price: { amount: 0, currency: 'EUR' } },
  })
const stock = (variant: string, onHand: number) =>
  world.call('staff', { method: 'PATCH', url: `/api/stockLevels/${world.ids[`${variant}Level`]}`, body: { onHand } })

describe('a stranger’s address', () => {
  const victim = 'victim@mail.example'

  test('gets nothing of orders that nobody paid', async () => {
    await stock('variant', 100)
    for (let count = 0; count < 8; count++) assert.equal((await cancel(await order('guest', victim, 'card_declined'))).status, 200)
    for (let count = 0; count < 4; count++) await order('guest', victim, 'card_challenge')
    await work(world, limits.orderHoldMs + 2 * 60_000)
    assert.deepEqual(await templatesTo(victim), [])
  })

  test('gets a bounded number of what costs nothing, however it is spelled, and the next an hour later', async () => {
    await stock('free', 100)
    await freeShipping()
    const spellings = [victim, 'Victim@mail.example', 'victim+1@mail.example', 'VICTIM+shop@mail.example']
    for (let count = 0; count < 12; count++) await order('guest', spellings[count % 4]!, 'card_success', 'free')
    const count = async () => (await Promise.all([...new Set(spellings.map((one) => one.toLowerCase()))].map(mailsTo))).flat().length
    assert.equal(await count(), limits.strangerMailsAtOnce)
    await work(world, limits.strangerMailMs + 1_000)
    await order('guest', victim, 'card_success', 'free')
    await order('guest', victim, 'card_success', 'free')
    assert.equal(await count(), limits.strangerMailsAtOnce + 1)
    // Mails of the address's own account are not used up by it, and another address is another matter.
    await world.request({ method: 'POST', url: '/api/auth/register', body: { email: victim, password: 'a long enough one' } })
    await work(world)
    assert.equal((await templatesTo(victim)).at(-1), 'account_verify')
    await order('guest', 'somebody@mail.example', 'card_success', 'free')
    assert.equal((await mailsTo('somebody@mail.example')).length, 1)
  })

  test('gets a bounded number however Gmail lets it be spelled', async () => {
    await stock('free', 100)
    await freeShipping()
    const spellings = ['vic.tim@gmail.com', 'v.i.c.t.i.m@gmail.com', 'victim@googlemail.com', 'Vi.ctim+shop@GoogleMail.com']
    for (let count = 0; count < 8; count++) await order('guest', spellings[count % 4]!, 'card_success', 'free')
    const count = async (all: readonly string[]) => (await Promise.all(all.map((one) => mailsTo(one.toLowerCase())))).flat().length
    assert.equal(await count(spellings), limits.strangerMailsAtOnce)
    // Elsewhere a dot may be another person.
    const others = ['vic.tim@mail.example', 'victim@mail.example']
    for (let count = 0; count < 8; count++) await order('guest', others[count % 2]!, 'card_success', 'free')
    assert.equal(await count(others), 8)
  })

  test('gets nothing that a stranger typed when it cost them nothing', async () => {
    await freeShipping()
    const cart = await fillCart(world, 'guest', [{ variant: 'free', quantity: 1 }])
    const shippingAddress = { ...address, name: 'You won', line1: 'Ring 0900 123', city: 'evil.example', postalCode: 'now' }
    const body = { email: victim, shippingAddress }
    await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })
    assert.equal((await checkOut(world, 'guest', cart)).body.order.status, 'placed')
    const [receipt] = await mailsTo(victim)
    assert.equal(receipt?.template, 'order_receipt')
    assert.doesNotMatch(JSON.stringify(receipt), /You won|Ring 0900|evil.example|It goes to/)
    assert.match(receipt!.text, /See your order: http/)
  })

  test('gets no web address, however it is spelled', async () => {
    await stock('variant', 100)
    const cart = await fillCart(world, 'guest')
    const set = (change: object) =>
      world.call('guest', {
        method: 'PATCH',
        url: `/api/carts/${cart.id}`,
        headers: cart.headers,
        body: { email: victim, shippingAddress: { ...address, ...change } },
      })
    for (const field of ['name', 'line1', 'line2', 'city', 'region', 'postalCode'])
      for (const text of ['xn--e1awd7f.рф', 'ｘｎ--e1awd7f', 'evil[.]com', 'evil\u2024com/x', 'w\u200bww.evil.com']) {
        const answer = await set({ [field]: text })
        assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, `/shippingAddress/${field}`], text)
      }
    const typed = {
      name: 'evil\u3002com',
      line1: 'evil\u2024com evil .com',
      line2: 'evil\u200b.com',
      city: '１.evil-shop.de',
      region: 'evil.рф',
    }
    assert.equal((await set(typed)).status, 200)
    assert.equal((await checkOut(world, 'guest', cart)).status, 201)
    await work(world)
    const [receipt] = await mailsTo(victim)
    assert.match(receipt!.text, /\nIt goes to:\nevil com\nevil com evil com\nevil com\n10115 1 evil-shop de\nevil рф\nGermany\n/)
  })

  test('gets a bounded number of payments that fail later', async () => {
    await stock('variant', 100)
    for (let count = 0; count < 9; count++) await order('guest', victim, 'delayed_failure')
    await work(world, 60_000)
    assert.deepEqual(await templatesTo(victim), Array(limits.strangerMailsAtOnce).fill('payment_failed'))
  })

  test('is bounded over all transactions that run at once', async () => {
    await stock('free', 100)
    await freeShipping()
    const carts = await Promise.all(Array.from({ length: 12 }, () => fillCart(world, 'guest', [{ variant: 'free', quantity: 1 }])))
    const answers = await Promise.all(carts.map((cart) => checkOut(world, 'guest', cart)))
    assert.ok(answers.every(({ body }) => body.order?.status === 'placed'))
    assert.equal((await mailsTo('guest@example.com')).length, limits.strangerMailsAtOnce)
  })

  test('is never read what a stranger typed as a sentence', async () => {
    const register = (name: string) =>
      world.request({ method: 'POST', url: '/api/auth/register', body: { email: victim, password: 'a long enough one', name } })
    for (const name of [
      'Ann\n\nYou won: http://evil.example/',
      'Ann\r\nBcc: all@mail.example',
      'see www.evil.example',
      ' ',
      '\u3164',
      'x\u2028y',
    ]) {
      const answer = await register(name)
      assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, '/name'], name)
    }
    assert.equal((await register('You have won, call 0900 123')).status, 201)
    await work(world)
    const [welcome] = await mailsTo(victim)
    assert.doesNotMatch(JSON.stringify(welcome), /0900|won/)

    const cart = await fillCart(world, 'guest')
    const shippingAddress = {
      name: 'You have won',
      line1: 'Call 0900 123',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
    }
    await world.call('guest', {
      method: 'PATCH',
      url: `/api/carts/${cart.id}`,
      headers: cart.headers,
      body: { email: victim, shippingAddress },
    })
    const { body } = await checkOut(world, 'guest', cart)
    // As an order of before names were looked at has it.
    await world.write(async (tx) => {
      const found = (await tx.get(orders, body.order.id as string))!
      const shipping = { ...found.addresses.shipping, name: 'You have won\n\nDear Ann,\r\nopen this' }
      await tx.update(orders, found, { set: { addresses: { shipping, billing: shipping } } })
    })
    await work(world)
    const receipt = (await mailsTo(victim)).at(-1)!
    assert.equal(receipt.template, 'order_receipt')
    assert.match(receipt.text, /^Thank you!\n/)
    assert.match(receipt.text, /\nIt goes to:\nYou have won Dear Ann, open this\nCall 0900 123\n10115 Berlin\nGermany\n/)
    assert.doesNotMatch(receipt.html!, /Ann,<|Ann,\n/)
    assert.doesNotMatch(receipt.subject, /won/)
  })
})

describe('who bought', () => {
  test('has every receipt and every word on money, however many', async () => {
    await stock('variant', 100)
    const ids: string[] = []
    for (let count = 0; count < 7; count++) ids.push(await order('guest', 'buyer@mail.example', 'card_success'))
    await work(world, 10_000)
    for (const id of ids) assert.equal((await cancel(id)).status, 200)
    const templates = await templatesTo('buyer@mail.example')
    assert.deepEqual(templates, [...Array(7).fill('order_receipt'), ...Array(7).fill('order_canceled')])
    assert.match((await mailsTo('buyer@mail.example')).at(-1)!.text, /What you paid goes back/)
  })

  test('is told when a payment fails after they left, but not of one that they saw declined', async () => {
    await order('guest', 'late@mail.example', 'delayed_failure')
    await order('guest', 'seen@mail.example', 'card_declined')
    await work(world, 60_000)
    const [mail] = await mailsTo('late@mail.example')
    assert.equal(mail?.template, 'payment_failed')
    assert.match(mail!.text, /has failed\. Nothing was charged\./)
    assert.deepEqual(await templatesTo('seen@mail.example'), [])
  })

  test('with an account has the receipts of what a guest began, wherever the guest wanted them', async () => {
    const guestCart = async () => {
      const cart = await fillCart(world, 'guest')
      await world.call('guest', {
        method: 'PATCH',
        url: `/api/carts/${cart.id}`,
        headers: cart.headers,
        body: { email: 'thief@mail.example' },
      })
      return cart
    }
    const cart = await guestCart()
    assert.equal((await signIn(cart.headers)).status, 200)
    assert.equal((await checkOut(world, 'owner', { id: cart.id, headers: {} })).status, 201)
    await work(world)
    assert.deepEqual(await templatesTo('owner@example.com'), ['order_receipt'])
    assert.deepEqual(await templatesTo('thief@mail.example'), [])

    // Ordered before the sign-in: whoever ordered it may be somebody else, who must hear of it, too.
    const ordered = await guestCart()
    const { body } = await checkOut(world, 'guest', ordered, 'card_declined')
    assert.equal((await signIn(ordered.headers)).status, 200)
    const order = (await world.call('owner', { method: 'GET', url: `/api/orders/${body.order.id}` })).body
    assert.deepEqual([order.email, order.accountEmail], ['thief@mail.example', 'owner@example.com'])
    const again = { provider: 'sandbox', method: 'card_success' }
    assert.equal((await world.call('owner', { method: 'POST', url: `/api/orders/${order.id}/payments`, body: again })).status, 201)
    await work(world)
    assert.equal((await cancel(order.id)).status, 200)
    await work(world)
    assert.deepEqual(await templatesTo('owner@example.com'), ['order_receipt', 'order_receipt', 'order_canceled'])
    assert.deepEqual(await templatesTo('thief@mail.example'), ['order_receipt', 'order_canceled'])
  })

  test('with an account is told that an order has expired', async () => {
    await order('owner', 'owner@example.com', 'card_challenge')
    await work(world, limits.orderHoldMs + 2 * 60_000)
    const [mail] = await mailsTo('owner@example.com')
    assert.deepEqual([mail?.template, mail?.subject.endsWith('was not paid in time')], ['order_expired', true])
  })

  test('is told of unpaid orders, too, where the shop wants it: within the bound', async () => {
    await world.close()
    await open({ mailsUnpaid: true })
    await stock('variant', 100)
    for (let count = 0; count < 8; count++) await cancel(await order('guest', 'guest@mail.example', 'card_declined'))
    await order('guest', 'slow@mail.example', 'card_challenge')
    await work(world, limits.orderHoldMs + 2 * 60_000)
    assert.deepEqual(await templatesTo('guest@mail.example'), Array(limits.strangerMailsAtOnce).fill('order_canceled'))
    assert.match((await mailsTo('guest@mail.example'))[0]!.text, /is canceled\. Nothing was charged\./)
    assert.deepEqual(await templatesTo('slow@mail.example'), ['order_expired'])
  })
})

describe('a receipt adds up', () => {
  const receiptOf = async (): Promise<string> => {
    await order('guest', 'buyer@mail.example', 'card_success')
    await work(world)
    const [mail] = await mailsTo('buyer@mail.example')
    for (const part of mail!.text.matchAll(/\d+\.\d\d EUR/g)) assert.ok(mail!.html!.includes(part[0]), part[0])
    return mail!.text
  }

  test('with tax in the prices', async () => {
    assert.match(await receiptOf(), /\nSubtotal {2}10\.00 EUR\nShipping {2}3\.90 EUR\nTotal {5}13\.90 EUR\nIncluding 0\.91 EUR tax\n/)
  })

  test('with tax on top', async () => {
    await world.close()
    await open({ tax: { prices: 'added', ratesPpm: { '*': 70_000 } } })
    const text = await receiptOf()
    assert.match(text, /\nSubtotal {2}10\.00 EUR\nShipping {2}3\.90 EUR\nTax {7}0\.97 EUR\nTotal {5}14\.87 EUR\n/)
    assert.doesNotMatch(text, /Including/)
  })
})

test('a mail that staff give up is told as failed, or as doubtful where a restore cannot know', async () => {
  await world.engine.stop()
  for (const [email, held, status] of [
    ['one@example.com', {}, 'failed'],
    ['two@example.com', { state: 'held' }, 'ambiguous'],
  ] as const) {
    await world.call('staff', { method: 'POST', url: '/api/emails', body: { to: email, subject: 'Hello', text: 'Hello' } })
    const [mail] = await mailsTo(email)
    const [effect] = await world.engine.parts.storage.reader.find(effects, { where: eq('key', `email.send:${mail!.id}`), limit: 1 })
    await world.write((tx) => tx.update(effects, effect!, { set: { state: 'ready', attempts: 0, owner: null, ...held } }))
    assert.equal((await world.call('staff', { method: 'POST', url: `/api/effects/${effect!.id}/cancel` })).status, 200)
    assert.equal((await mailsTo(email))[0]!.status, status)
  }
})

test('a mail that was kept was not sent; a mail server that is away is told to the log, and no mail is lost', async () => {
  const register = async (name: string) =>
    assert.equal(
      (
        await world.request({
          method: 'POST',
          url: '/api/auth/register',
          body: { email: `${name}@mail.example`, password: 'long enough to keep', name },
        })
      ).status < 300,
      true,
    )
  await register('kept')
  await work(world)
  const [kept] = await mailsTo('kept@mail.example')
  assert.deepEqual([kept!.status, kept!.sentAt], ['captured', null])

  await world.close()
  const reply = 'connect ECONNREFUSED 127.0.0.1:25'
  world = await openWorld({ mail: { send: async () => ({ status: 'deferred', reply }), close: async () => {} } })
  await world.engine.start()
  for (const name of ['one', 'two', 'three']) await register(name)
  await work(world)
  const [waiting] = await mailsTo('two@mail.example')
  assert.deepEqual([waiting!.status, waiting!.lastError, waiting!.sentAt], ['deferred', reply, null])
  const told = world.log.filter(({ fields }) => fields?.['kind'] === 'email.send')
  assert.deepEqual(
    told.map(({ level, fields }) => [level, fields?.['reason']]),
    [['warn', reply]],
  )
})
