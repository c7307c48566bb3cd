// How limits stand to each other: one that is changed alone could make another one pointless.
import { test } from 'node:test'
import { assert } from './assert.ts'
import { limits } from './limits.ts'

test('a call must end well inside its lease', () =>
  assert(limits.effectCallMs * 2 <= limits.effectLeaseMs, 'a call must end well inside its lease'))
test('a caller gives up before the call does', () =>
  assert(limits.awaitedEffectMs < limits.effectCallMs, 'a caller gives up before the call does'))
test('messages that are read end within their lease', () =>
  assert(limits.mailReadMs * limits.mailReadsAtOnce < limits.effectLeaseMs, 'messages that are read end within their lease'))
test('the largest message of one network is taken, and leaves room for others', () => {
  assert(limits.inboundMailBytesMax <= limits.inboundBytesPerNetwork, 'the largest message is taken')
  assert(limits.inboundBytesPerNetwork * 4 <= limits.inboundBytesAtOnce, 'it takes four networks to hold all there is')
  assert(limits.inboundDataSilenceMs < limits.inboundSilenceMs, 'what holds memory is given up first')
  assert(limits.mailboxRenewMs * 2 < limits.mailboxLeaseMs, 'a lease outlives a renewal that was late')
})
test('code of a project has at most half of the places', () =>
  assert(limits.ownEffectPlaces * 2 <= limits.effectSlots, 'code of a project has at most half of the places'))
test('payments and mails have places of their own', () =>
  assert(limits.ownEffectPlaces + limits.webhookPlaces < limits.effectSlots, 'payments and mails have places of their own'))
test('a rest is not a standstill', () => assert(limits.verifyPatienceMs > limits.ownEffectRestMs, 'a rest is not a standstill'))
test('a rest is told from a lease by its length', () =>
  assert(limits.ownEffectRestMs > limits.effectLeaseMs, 'a rest is told from a lease by its length'))
test('a pause is not a standstill', () => assert(limits.verifyPatienceMs > limits.effectBackoffMaxMs, 'a pause is not a standstill'))
test('goods and shipping, taxed up to twice', () =>
  assert(limits.cartAmountMax * 2 * 2 * limits.paymentAttemptsMax <= Number.MAX_SAFE_INTEGER, 'goods and shipping, taxed up to twice'))
test('goods and shipping, taxed up to twice, can be paid', () =>
  assert(limits.cartAmountMax * 2 * 2 <= limits.moneyMovedMax, 'goods and shipping, taxed up to twice, can be paid'))
test('hundreds of the largest payments are counted exactly', () =>
  assert(limits.moneyMovedMax * 200 <= Number.MAX_SAFE_INTEGER, 'hundreds of the largest payments are counted exactly'))
test('a first hold fits the whole', () => assert(limits.orderHoldMs <= limits.orderHoldTotalMs, 'a first hold fits the whole'))
test('a slow request ends soon after its time', () =>
  assert(limits.requestSweepMs * 10 <= limits.requestMs, 'a slow request ends soon after its time'))
test('whoever is let in fills a commit', () =>
  assert(limits.requestsInsideMin >= limits.groupCommitMax, 'whoever is let in fills a commit'))
test('who waited for the lock of another is not told for it', () =>
  assert(limits.lockWaitMs < limits.ownCodeMs, 'who waited for the lock of another is not told for it'))
test('who waits for the connection of a loop gets it', () =>
  assert(limits.ownCodeMs < limits.connectionWaitMs, 'who waits for the connection of a loop gets it'))
test('the default page is a legal page', () => assert(limits.pageSizeDefault <= limits.pageSizeMax, 'the default page is a legal page'))
