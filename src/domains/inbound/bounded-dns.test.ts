import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../../test/support/fake-clock.ts'
import type { Dns } from '../../base/dns.ts'
import { limits } from '../../base/limits.ts'
import { createPatience } from './bounded-dns.ts'

test('each question is asked once, and so many of them', async () => {
  let count = 0
  const dns: Dns = { resolve: async () => ({ status: 'none', isAuthentic: false, records: [], count: ++count }) }
  const { resolver } = createPatience({ dns, clock: createFakeClock().clock }).of(null)
  const ask = (at: number) => resolver(`N${at}.test`, 'TXT').catch(({ code }) => code)
  assert.deepEqual(await Promise.all([ask(1), ask(1), resolver('n1.TEST', 'TXT').catch(({ code }) => code)]), Array(3).fill('ENODATA'))
  assert.equal(count, 1)
  const all = await Promise.all(Array.from({ length: limits.mailDnsQuestionsMax + 5 }, (_, at) => ask(at)))
  assert.equal(count, limits.mailDnsQuestionsMax)
  assert.deepEqual(new Set(all), new Set(['ENODATA', 'EREFUSED']))
})

test('letters of one network, and all together, wait for so long in each minute, and the others go on', async () => {
  const { clock, pass } = createFakeClock()
  const dns: Dns = { resolve: () => new Promise(() => {}) }
  const patience = createPatience({ dns, clock })
  /** How long a letter from there waits for an answer that never comes. */
  async function waitOf(address: string | null): Promise<number> {
    const began = clock.now()
    const { resolver, end } = patience.of(address)
    let code = ''
    void resolver('still.test', 'TXT').catch((error) => (code = error.code))
    while (code === '') await pass(limits.mailDnsLeastMs / 2)
    assert.equal(code, 'ETIMEOUT')
    end()
    return clock.now() - began
  }
  const { mailDnsMs, mailDnsNetworkMs, mailDnsWaitedMs, mailDnsLeastMs, mailDnsWindowMs } = limits
  assert.equal(await waitOf('192.0.2.1'), mailDnsMs)
  assert.equal(await waitOf('192.0.2.1'), mailDnsNetworkMs - mailDnsMs)
  for (const _ of [1, 2]) assert.equal(await waitOf('192.0.2.1'), mailDnsLeastMs)
  assert.equal(await waitOf('2001:db8::1'), mailDnsMs)
  assert.equal(await waitOf(null), mailDnsWaitedMs - mailDnsNetworkMs - 2 * mailDnsLeastMs - mailDnsMs)
  assert.equal(await waitOf('198.51.100.1'), mailDnsLeastMs)
  await pass(mailDnsWindowMs)
  assert.equal(await waitOf('192.0.2.1'), mailDnsMs)
})
