import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventStream, fakeFetch, problem } from './fake-fetch.ts'
import { type Change, createClient } from './index.ts'
import { createEventParser, type ServerEvent } from './live-changes.ts'

const url = 'https://shop.test'
const change = (id: string) => JSON.stringify({ collection: 'orders', action: 'updated', id, record: { id } })

test('events survive any cut, any line end, comments and several data lines', () => {
  const stream = 'id: 1\r\nevent: change\r\ndata: a\r\ndata:b\r\n\r\n: beat\n\ndata: c\n\nid: 2\rdata: d\r\r'
  const expected: ServerEvent[] = [
    { id: '1', type: 'change', data: 'a\nb' },
    { id: '1', type: 'message', data: 'c' },
    { id: '2', type: 'message', data: 'd' },
  ]
  for (let cut = 1; cut < stream.length; cut += 1) {
    const seen: ServerEvent[] = []
    const parse = createEventParser()
    for (const part of [stream.slice(0, cut), stream.slice(cut), ': the end\n']) seen.push(...parse(part))
    assert.deepEqual(seen, expected, `cut at ${cut}`)
  }
})

test('a broken stream is resumed after the last event seen', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const net = fakeFetch(
    eventStream(`id: 7\nevent: change\ndata: ${change('ord_1')}\n\n`, 'id: 8\nevent: change\ndata: {"half'),
    new TypeError('network'),
    eventStream(`id: 8\nevent: change\ndata: ${change('ord_2')}\n\n`, 'id: 9\n\n'),
  )
  const seen: Change[] = []
  let errors = 0
  const live = createClient({ ...net, url, cartToken: 'secret' }).changes({
    collections: ['orders', 'payments'],
    lastEventId: '6',
    onChange: (one) => seen.push(one),
    onError: () => {
      errors += 1
    },
  })
  for (let i = 0; i < 60 && net.calls.length < 4; i += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(500)
  }
  assert.deepEqual(
    seen.map((one) => [one.eventId, one.id]),
    [
      ['7', 'ord_1'],
      ['8', 'ord_2'],
    ],
  )
  assert.equal(errors, 1)
  assert.equal(live.lastEventId, '9')
  assert.equal(net.calls[0]!.url, `${url}/api/changes?collections=orders%2Cpayments`)
  assert.equal(net.calls[0]!.headers['cart-token'], 'secret')
  assert.deepEqual(
    net.calls.map((call) => call.headers['last-event-id']),
    ['6', '7', '7', '9'],
  )
  live.close()
})

test('a refused stream is told once and not tried again', async () => {
  const net = fakeFetch(problem(403, 'forbidden'))
  const willRetry = await new Promise<boolean>((resolve) => {
    createClient({ ...net, url }).changes({
      collections: ['orders'],
      onChange: () => assert.fail('nothing was sent'),
      onError: (_, retry) => resolve(retry),
    })
  })
  assert.equal(willRetry, false)
  assert.equal(net.calls.length, 1)
})

test('the first word of a stream and its heartbeats are no changes', async () => {
  const net = fakeFetch(eventStream('id: 5\nevent: ready\ndata: {}\n\n: still here\n\nid: 6\n\n'))
  const live = createClient({ ...net, url }).changes({
    collections: ['orders'],
    onChange: () => assert.fail('nothing changed'),
  })
  for (let i = 0; i < 50 && live.lastEventId !== '6'; i += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(live.lastEventId, '6')
  live.close()
})

test('a reset asks the page to read afresh', async () => {
  const net = fakeFetch(eventStream('id: 90\nevent: reset\ndata: {}\n\n'))
  await new Promise<void>((resolve) => {
    const live = createClient({ ...net, url }).changes({
      collections: ['orders'],
      onChange: () => assert.fail('a reset is no change'),
      onReset: () => {
        live.close()
        resolve()
      },
    })
  })
})

test('a server that does not answer is asked again over another connection', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const net = fakeFetch()
  const errors: boolean[] = []
  const live = createClient({ ...net, url }).changes({
    collections: ['orders'],
    onChange: () => {},
    onError: (_, willRetry) => errors.push(willRetry),
  })
  for (let second = 0; second < 22; second += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(1_000)
  }
  assert.deepEqual([net.calls.length, errors], [2, [true]])
  live.close()
})
