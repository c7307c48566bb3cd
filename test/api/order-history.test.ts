// Notes on orders, what happened to them as each may know it, and finding one again by its number and address.
// databases: sqlite
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, checkOut, fillCart, openWorld, type World, work } from '../support/api-harness.ts'
import { createMailbox, secretIn } from '../support/mailbox.ts'

let world: World
let mailbox: ReturnType<typeof createMailbox>
beforeEach(async () => {
  mailbox = createMailbox()
  world = await openWorld(mailbox)
  await world.engine.start()
})
afterEach(() => world.close())

const read = () => world.engine.parts.storage.reader
const call = (as: As, method: string, path: string, { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {}) =>
  world.call(as, { method, url: `/api/${path}`, headers, ...(body && { body }) })
const mailsOf = async (order: string, template: string) =>
  (await findAll(read(), emails, eq('record', order))).filter((mail) => mail.template === template)

async function placed(as: As) {
  const cart = await fillCart(world, as)
  const { body } = await checkOut(world, as, cart)
  await work(world)
  return { id: body.order.id as string, number: body.order.number as string, headers: cart.headers }
}

test('staff see all that happened, its customer what is theirs, nobody else anything', async () => {
  const { id, headers } = await placed('guest')
  assert.equal((await call('staff', 'POST', `orders/${id}/notes`, { body: { text: 'Looks odd.' } })).status, 201)
  assert.equal((await call('staff', 'POST', `orders/${id}/notes`, { body: { text: 'It is signed.', audience: 'customer' } })).status, 201)
  await call('staff', 'POST', `orders/${id}/fulfillments`)
  await work(world)
  const kinds = async (as: As, given: Record<string, string> = {}) => {
    const { status, body } = await call(as, 'GET', `orders/${id}/timeline`, { headers: given })
    return status === 200 ? [...new Set((body.items as { kind: string }[]).map(({ kind }) => kind))].toSorted() : status
  }
  const theirs = ['fulfillment.shipped', 'note.customer', 'order.created', 'order.placed', 'payment.cap_ok']
  assert.deepEqual(await kinds('guest', headers), theirs)
  assert.deepEqual(await kinds('staff'), ['mail', 'note.staff', ...theirs].toSorted())
  assert.deepEqual([await kinds('guest'), await kinds('other')], [404, 404])
  const notes = async (as: As, given = {}) =>
    (await call(as, 'GET', `orderNotes?filter[order]=${id}`, { headers: given })).body.items.length
  assert.deepEqual([await notes('guest', headers), await notes('other'), await notes('staff')], [1, 0, 2])
  assert.match((await mailsOf(id, 'order_note'))[0]!.text, /It is signed\./)
})

test('the link to an order goes to its address alone, and the answer is the same for any', async () => {
  const { id, number } = await placed('guest')
  const ask = (body: object) => call('guest', 'POST', 'orders/lookup', { body })
  const answers = [
    await ask({ number: 'NONE-SUCH', email: 'guest@example.com' }),
    await ask({ number, email: 'other@example.com' }),
    await ask({ number: ` ${number.toLowerCase()} `, email: 'guest@example.com' }),
  ]
  assert.deepEqual(
    answers.map(({ status, body }) => [status, Object.keys(body)]),
    Array(3).fill([202, ['email']]),
  )
  await work(world)
  const sent = await mailsOf(id, 'order_link')
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['guest@example.com'],
  )
  // The secret is in no copy that staff can read; with it the order opens.
  const link = /#token=(\S+)/.exec(sent[0]!.text)![1]!
  assert.equal((await call('guest', 'GET', `orders/${id}`, { headers: { 'cart-token': link } })).status, 404)
  const secret = secretIn(mailbox.sent.findLast(({ text }) => text.includes('#token='))!)
  assert.equal((await call('guest', 'GET', `orders/${id}`, { headers: { 'cart-token': secret } })).status, 200)
  // Once it is sent, nobody keeps it.
  assert.equal((await read().get(emails, sent[0]!.id))!.secret, null)
  // No flood of a mailbox: the bound of mails that strangers cause holds.
  for (let time = 0; time < 12; time++) await ask({ number, email: 'guest@example.com' })
  await work(world)
  assert.ok((await mailsOf(id, 'order_link')).length < 8)
  assert.equal(await read().count(orders), 1)
})

test('staff find an order by whatever is written on it, and its customer by its number alone', async () => {
  const first = await placed('guest')
  const owners = await placed('owner')
  const found = async (words: string, as: As = 'staff', query = '') => {
    const { status, body, text } = await call(as, 'GET', `orders?search=${encodeURIComponent(words)}${query}`)
    assert.equal(status, 200, text)
    return body.items.map(({ id }: { id: string }) => id)
  }
  // Before it is indexed: what is exactly its number or address.
  for (const words of [first.number, first.number.toLowerCase(), 'guest@example.com']) assert.deepEqual(await found(words), [first.id])
  await work(world, 11_000)
  const note = await call('staff', 'POST', `orders/${first.id}/notes`, { body: { text: 'The neighbour Żółtowska takes it.' } })
  assert.equal(note.status, 201)
  const parcel = { carrier: 'DHL', number: 'JD0146000123' }
  assert.equal((await call('staff', 'POST', `orders/${first.id}/fulfillments`, { body: { tracking: [parcel] } })).status, 201)
  const order = (await read().get(orders, first.id))!
  const { shipping } = order.addresses
  for (const words of ['zoltowska', 'JD0146000123', `${order.email} ${shipping.city}`, `${first.number} jd0146`])
    assert.deepEqual(await found(words), [first.id], words)
  const both = [first.id, owners.id].toSorted()
  for (const words of [shipping.name!, `${shipping.line1} ${shipping.postalCode}`, order.lines[0]!.title, order.lines[0]!.sku])
    assert.deepEqual((await found(words)).toSorted(), both, words)
  assert.deepEqual(await found(shipping.name!, 'staff', '&filter[fulfillmentStatus]=fulfilled'), [first.id])
  assert.deepEqual(await found('nowhere'), [])
  const { body } = await call('staff', 'GET', `orders/aggregate?search=zoltowska`)
  assert.equal(body.items[0].count, 1)
  // What staff have written is no way for a customer to find anything.
  await call('staff', 'POST', `orders/${owners.id}/notes`, { body: { text: 'Watch out.' } })
  assert.deepEqual(
    [await found('watch', 'owner'), await found(owners.number, 'owner'), await found('watch')],
    [[], [owners.id], [owners.id]],
  )
  // Two that write on one order at once both are found.
  await Promise.all(['alpha', 'beta'].map((text) => call('staff', 'POST', `orders/${owners.id}/notes`, { body: { text } })))
  assert.deepEqual([await found('alpha'), await found('beta')], [[owners.id], [owners.id]])
})
