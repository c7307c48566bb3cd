// Every invariant has a violation that is planted by plain SQL and must be reported under its name.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { tallyId } from '../../src/domains/discounts/tallies.ts'
import { computedInvariants } from '../../src/observe/invariants/computed.ts'
import { deletedInvariants } from '../../src/observe/invariants/deleted.ts'
import { fileInvariants } from '../../src/observe/invariants/files.ts'
import { priceInvariants } from '../../src/observe/invariants/prices.ts'
import { invariantGroups, type Violation, verifyDatabase } from '../../src/observe/verify.ts'
import { simulate } from './simulate.ts'
import { createShop, openStore, type Store } from './store.ts'
import { createWorld, inMacrotask } from './world.ts'

const one = (table: string, where = '1=1') => `"id"=(select "id" from "${table}" where ${where} limit 1)`
const inClosed = `"order" in (select "id" from "orders" where "status" in ('canceled','expired'))`

const paid = `"status"='placed' and "paymentStatus"='paid' and "total_amount">0`
const ofSold = `"order" in (select "id" from "orders" where "status"='placed')`
const secondTick = `"schedule"='payments.reconcile' and "tick"=2`

const anAccount = (roles: string, isProven: 0 | 1, isShut: 0 | 1) =>
  `insert into "users" ("id","version","createdAt","updatedAt","email","roles","hasRole","emailVerified","disabled")
    values ('usr_x',1,1,1,'x@mail.example','${roles}',${roles === '[]' ? 0 : 1},${isProven},${isShut})`

const inBlock = `"id"=(select "through" from "ledgerBlocks" where "number"=1)`

const aLine = (state: string, fact: string) =>
  `insert into "settlementLines" ("id","version","createdAt","updatedAt","provider","ref","kind","amount_amount","amount_currency","fee_amount","fee_currency","at","state","fact") values ('stl_x',1,1,1,'sandbox','l1','payment',1,'EUR',0,'EUR',1,'${state}',${fact})`

/** Issued is worth 5. */
const aCard = (spent: number, balance: number) =>
  `insert into "giftCards" ("id","version","createdAt","updatedAt","codeHash","lastFour","status","issued_amount","issued_currency","spent_amount","spent_currency","expired_amount","expired_currency","balance_amount","balance_currency") values ('gft_x',1,1,1,'h','XXXX','active',5,'EUR',${spent},'EUR',0,'EUR',${balance},'EUR')`

const aDiscount = (usesMax: string) =>
  `insert into "discounts" ("id","version","createdAt","updatedAt","title","code","active","kind","value","per","products","categories","getProducts","getCategories","customerGroups","firstOrder","combines","usesMax") values ('dsc_x',1,1,1,'x','X',1,'percent','10','order','[]','[]','[]','[]','[]',0,0,${usesMax})`

const aTally = (uses: number) =>
  `insert into "discountTallies" ("id","version","createdAt","updatedAt","discount","of","uses") values ('${tallyId('dsc_x')}',1,1,1,'dsc_x','all',${uses})`

/** Without a piece. */
const anInbound = (state: string, email: string, size: number) =>
  `insert into "inboundMails" ("id","version","createdAt","updatedAt","door","state","recipients","isEncrypted","size","key","pieces","email") values ('inm_x',1,1,1,'smtp','${state}','[]',0,${size},'k',0,${email})`

/** By invariant: the statements that break it. Each must change something. */
const plants: Readonly<Record<string, readonly string[]>> = {
  'ledger.transfer_balances': [`update "ledgerEntries" set "amount_amount"="amount_amount"+1 where ${one('ledgerEntries')}`],
  'ledger.sums_to_zero': [`delete from "ledgerEntries" where ${one('ledgerEntries')}`],
  'ledger.provider_balance': [`delete from "ledgerEntries" where "kind"='payment.cap_ok'`],
  'ledger.disputed': [`update "ledgerEntries" set "account"='A:dispute:sandbox' where ${one('ledgerEntries')}`],
  'ledger.refund_payable': [`delete from "ledgerEntries" where "account" like 'L:refund_payable:%' and "amount_amount">0`],
  'ledger.unmatched_returned': [`update "ledgerEntries" set "account"='L:unmatched:sandbox' where ${one('ledgerEntries')}`],
  'ledger.unmatched_lines': [aLine('unmatched', 'null')],
  'settlementLines.fit_facts': [aLine('matched', `(select "id" from "paymentFacts" where "amount_amount"<>1 limit 1)`)],
  'ledger.entries_as_sealed': [`update "ledgerEntries" set "kind"='altered' where ${inBlock}`],
  'ledger.entries_kept': [`delete from "ledgerEntries" where ${inBlock}`],
  'ledger.blocks_chained': [`update "ledgerBlocks" set "hash"='other' where "number"=1`],
  'ledger.balances_folded': [`update "ledgerBalances" set "balance_amount"="balance_amount"+1 where ${one('ledgerBalances')}`],
  'orders.texts_fit': [`update "orderTexts" set "order"='ord_x' where ${one('orderTexts')}`],
  'sales.as_in_ledger': [`update "salesEntries" set "net"="net"+1 where ${one('salesEntries')}`],
  'sales.as_ordered': [`update "salesEntries" set "quantity"="quantity"+1 where ${one('salesEntries')}`],
  'payments.amounts_folded': [
    `update "payments" set "captured_amount"="captured_amount"+1 where ${one('payments', '"captured_amount">0')}`,
  ],
  'payments.facts_counted': [`update "payments" set "facts"="facts"+1 where ${one('payments')}`],
  'payments.captures_bounded': [
    `update "payments" set "authorized_amount"="captured_amount"-1 where ${one('payments', '"captured_amount">0')}`,
  ],
  'captures.not_stuck': [
    `insert into "captures" ("id","version","createdAt","updatedAt","payment","order","amount_amount","amount_currency","isFinal","status") select 'cap_x',1,1,1,"id","order",1,'EUR',1,'wanted' from "payments" limit 1`,
  ],
  'disputes.held': [
    `insert into "disputes" ("id","version","createdAt","updatedAt","payment","order","provider","providerRef","status","amount_amount","amount_currency") select 'dsp_x',1,1,1,"id","order",'sandbox','d1','needs_response',1,'EUR' from "payments" limit 1`,
  ],
  'payments.within_bounds': [`update "payments" set "refunded_amount"="captured_amount"+1 where ${one('payments')}`],
  'payments.status_fits': [`update "payments" set "status"='failed' where ${one('payments', '"captured_amount">0')}`],
  'payments.one_currency': [`update "paymentFacts" set "amount_currency"='USD' where ${one('paymentFacts', `"kind"='cap_ok'`)}`],
  'payments.not_stuck': [`update "payments" set "status"='unknown', "checkAt"=null where ${one('payments')}`],
  'payments.closed_with_order': [`update "payments" set "status"='requires_action' where ${one('payments', inClosed)}`],
  'refunds.fit_facts': [`update "refunds" set "status"='wanted' where ${one('refunds', `"status"='succeeded'`)}`],
  'refunds.not_stuck': [`update "refunds" set "status"='wanted' where ${one('refunds')}`],
  'webhooks.not_stuck': [`update "webhookInbox" set "state"='waiting', "lookAt"=null where ${one('webhookInbox')}`],
  'orders.total_adds_up': [`update "orders" set "total_amount"="total_amount"+1 where ${one('orders')}`],
  'orders.taxes_add_up': [
    `update "orders" set "taxes"=replace("taxes", '"ratePpm":190000', '"ratePpm":160000') where ${one('orders', paid)}`,
  ],
  'orders.payment_status': [`update "orders" set "paymentStatus"='overcharged' where ${one('orders', paid)}`],
  'orders.placed_is_paid': [`update "payments" set "captured_amount"=0`],
  'orders.paid_is_placed': [`update "orders" set "status"='pending_payment' where ${one('orders', paid)}`],
  'orders.refund_in_proportion': [
    `update "ledgerEntries" set "kind"='order.refunded' where "kind"='order.recognized' and "account" like 'I:sales%'`,
  ],
  'orders.lines_given_back': [
    `update "orders" set "allowances"='[{"line":null,"amount":{"amount":1000000,"currency":"EUR"},"before":0}]' where ${one('orders', paid)}`,
  ],
  'orders.units_counted': [`update "orders" set "lines"=replace("lines", '"sku"', '"shipped":1,"sku"') where ${one('orders', paid)}`],
  'orders.sent_left_stock': [`update "reservations" set "state"='consumed' where ${one('reservations', `"state"='committed'`)}`],
  'orders.fulfillment_status': [`update "orders" set "fulfillmentStatus"='fulfilled' where ${one('orders', paid)}`],
  'orders.completed_is_done': [`update "orders" set "status"='completed' where ${one('orders', paid)}`],
  'orders.placed_has_stock': [`update "reservations" set "state"='released' where ${one('reservations', `"state"='committed'`)}`],
  'orders.placed_in_ledger': [`delete from "ledgerEntries" where "kind"='order.recognized'`],
  'orders.placed_has_receipt': [`delete from "emails" where "key" like 'order.placed:%'`],
  'orders.closed_holds_nothing': [`update "reservations" set "state"='held' where ${one('reservations', inClosed)}`],
  'orders.deposit_used': [`delete from "ledgerEntries" where ${one('ledgerEntries', `"account" like 'L:deposit:%'`)}`],
  'orders.not_stuck': [`update "orders" set "status"='pending_payment', "expiresAt"=1 where "status" in ('canceled','expired')`],
  'orders.cart_link': [`update "carts" set "order"=null where ${one('carts', '"order" is not null')}`],
  'invoices.numbers': [`delete from "invoices" where ${one('invoices', '"sequence"=1')}`],
  'invoices.as_issued': [`update "invoices" set "total_amount"="total_amount"+1 where ${one('invoices')}`],
  'invoices.fit_sales': [`update "invoices" set "kind"='credit_note' where ${one('invoices', '"position"=1')}`],
  'credit.adds_up': [aCard(0, 4)],
  'credit.in_ledger': [aCard(0, 5)],
  'credit.in_payments': [aCard(5, 0)],
  'credit.grants': [
    `insert into "storeCredits" ("id","version","createdAt","updatedAt","customer","issued_amount","issued_currency","spent_amount","spent_currency","balance_amount","balance_currency") values ('crd_x',1,1,1,'usr_x',5,'EUR',0,'EUR',5,'EUR')`,
  ],
  'addresses.one_usual': [1, 2].map(
    (number) =>
      `insert into "addresses" ("id","version","createdAt","updatedAt","owner","name","line1","city","country","isDefaultShipping","isDefaultBilling") select 'adr_${number}',1,1,1,"id",'X','X','X','DE',1,0 from "users" limit 1`,
  ),
  'catalogue.category_paths': [
    `insert into "categories" ("id","version","createdAt","updatedAt","slug","title","title_words","position","parent","path") values ('cat_x',1,1,1,'x','X','x',0,'cat_y','/cat_x/cat_y/cat_x/'), ('cat_y',1,1,1,'y','Y','y',0,'cat_x','/cat_x/cat_y/')`,
  ],
  'catalogue.options_fit': [`update "variants" set "options"='{"Size":"S"}' where ${one('variants')}`],
  'discounts.counted': [aDiscount('null'), aTally(1)],
  'discounts.within_limits': [aDiscount('1'), aTally(2)],
  'discounts.on_orders': [
    `insert into "discountUses" ("id","version","createdAt","updatedAt","discount","order","amount_amount","amount_currency","state","tallies") select 'dsu_x',1,1,1,'dsc_x',"id",1,'EUR','used','[]' from "orders" limit 1`,
  ],
  'stock.not_below_zero': [`update "stockLevels" set "held"=-1 where ${one('stockLevels')}`],
  'stock.available_adds_up': [`update "stockLevels" set "available"="available"+1 where ${one('stockLevels')}`],
  'stock.held_is_reserved': [`update "stockLevels" set "committed"="committed"+1 where ${one('stockLevels')}`],
  'stock.sent_is_moved': [`update "reservations" set "state"='returned' where ${one('reservations', `"state"='committed'`)}`],
  'stock.on_hand_is_moved': [`delete from "stockMovements" where "kind"='received'`],
  'effects.state_known': [`update "effects" set "owner"='wrk_gone' where ${one('effects')}`],
  'effects.not_stuck': [`update "effects" set "state"='ready', "dueAt"=1 where ${one('effects')}`],
  'emails.has_effect': [`delete from "effects" where ${one('effects', `"kind"='email.send'`)}`],
  'emails.agrees_with_effect': [`update "emails" set "status"='queued' where ${one('emails')}`],
  'emails.failure_told': [`update "emails" set "failure"='refused', "lastError"=null where ${one('emails')}`],
  'hooks.call_has_effect': [
    `insert into "hookCalls" ("id","hook","told","chain","createdAt") values ('hcl_1','orders.announce','{}',1,${Date.UTC(2030, 0, 20)})`,
  ],
  'hooks.effect_has_call': [`update "effects" set "state"='held' where ${one('effects', `"kind"='hook.orders.announce'`)}`],
  'hooks.chain_ends': [`insert into "hookCalls" ("id","hook","told","chain","createdAt") values ('hcl_1','orders.announce','{}',1000,1)`],
  'webhooks.health_fits': ['update "webhooks" set "failures"=3, "failingSince"=null'],
  'webhookDeliveries.owed_once': [
    `insert into "webhookDeliveries" select "id"||'x',"version","webhook","event","messageId","replayOf","status","lastError","deliveredAt","body","createdAt","updatedAt" from "webhookDeliveries" limit 1`,
  ],
  'webhookDeliveries.tells_its_event': [`update "webhookDeliveries" set "event"='order.lost' where ${one('webhookDeliveries')}`],
  'webhookDeliveries.has_effect': [`delete from "webhookDeliveries" where ${one('webhookDeliveries')}`],
  'webhookDeliveries.agrees_with_effect': [`update "webhookDeliveries" set "status"='pending' where ${one('webhookDeliveries')}`],
  'inboundMails.bytes_there': [anInbound('parsed', "'eml_x'", 5)],
  'inboundMails.read_or_owed': [anInbound('received', 'null', 0)],
  'inboundMailboxes.trouble_told': [
    `insert into "inboundMailboxes" ("id","version","createdAt","updatedAt","name","state","lastUid","sinceUid","waiting","taken","leftThere","troubles") values ('inb_x',1,1,1,'x','failing',0,0,0,0,0,0)`,
  ],
  'emails.in_their_thread': [`update "emails" set "thread"='eth_gone' where ${one('emails')}`],
  'threadNotes.in_their_thread': [`insert into "threadNotes" ("id","createdAt","thread","text") values ('etn_x',1,'eth_gone','x')`],
  'schedules.tick_once': [`delete from "scheduleTicks" where ${secondTick}`],
  'schedules.tick_in_turn': [`update "scheduleTicks" set "dueAt"="createdAt"+1 where ${one('scheduleTicks')}`],
  'accounts.admins_listed': [
    `insert or replace into "settings" ("id","version","createdAt","updatedAt","name","value") values ('set_1',1,1,1,'hasAdmin','{"admins":[]}')`,
  ],
  'accounts.owners_listed': [
    `insert or replace into "settings" ("id","version","createdAt","updatedAt","name","value") values ('set_1',1,1,1,'hasAdmin','{"admins":["usr_a"],"owners":["usr_a"]}')`,
  ],
  'accounts.shut_is_signed_out': [
    anAccount('[]', 1, 1),
    `insert into "sessions" ("id","version","createdAt","updatedAt","user","tokenHash","expiresAt","origin") values ('ses_x',1,1,1,'usr_x','x',1,'x')`,
  ],
  'accounts.roles_are_proven': [anAccount('["staff"]', 0, 0)],
  'accounts.proofs_of_somebody': [
    `insert into "proofs" ("id","version","createdAt","updatedAt","slot","purpose","user","email","secretHash","expiresAt") values ('prf_x',1,1,1,'magic:usr_gone','magic','usr_gone','x@mail.example','x',1)`,
  ],
  'accounts.recovery_has_factor': [
    anAccount('[]', 1, 0),
    `insert into "recoveryCodes" ("id","version","createdAt","updatedAt","user","codeHash") values ('rec_x',1,1,1,'usr_x','x')`,
  ],
  'records.references_resolve': [`update "payments" set "order"='ord_gone' where ${one('payments')}`],
  'records.unique': ['drop index "orders_number_key"', `update "orders" set "number"='SAME'`],
  'records.fit_schema': [`update "orders" set "status"='lost' where ${one('orders')}`],
  'commits.readable': [
    `update "_commits" set "changes"='[{', "packed"=iif("packed" is null,null,x'00') where "position"=(select min("position") from "_commits")`,
  ],
}

/** Others that break the same invariants another way: `name: way`. */
const otherPlants: Readonly<Record<string, readonly string[]>> = {
  'payments.within_bounds: disputed': [
    `update "payments" set "disputed_amount"="captured_amount"+1, "disputed_currency"='EUR' where ${one('payments', '"captured_amount">0')}`,
  ],
  'orders.placed_in_ledger: tax': [
    `update "ledgerEntries" set "account"='I:sales' where ${one('ledgerEntries', `"kind"='order.recognized' and "account" like 'L:tax%' and ${ofSold}`)}`,
  ],
  'discounts.on_orders: an order without its use': [
    `update "orders" set "discounts"='[{"id":"dsc_x","code":"X","title":"x","amount":{"amount":1,"currency":"EUR"}}]' where ${one('orders')}`,
  ],
  'payments.closed_with_order: authorized': [
    `update "payments" set "capturable_amount"=1, "capturable_currency"='EUR' where ${one('payments', inClosed)}`,
  ],
  'orders.lines_given_back: more units than there are': [
    `update "orders" set "uncharged"=json_array(json_object('line', json_extract("lines",'$[0].id'), 'quantity', 1000, 'amount', json('{"amount":0,"currency":"EUR"}'))) where ${one('orders', paid)}`,
  ],
  'refunds.fit_facts: a refund of another amount': [
    `update "refunds" set "amount_amount"="amount_amount"+1 where ${one('refunds', `"status"='succeeded'`)}`,
  ],
  'refunds.fit_facts: a refund that was removed': [`delete from "refunds" where ${one('refunds', `"status"='succeeded'`)}`],
  'payments.facts_counted: a fact of another provider': [`update "paymentFacts" set "provider"='another' where ${one('paymentFacts')}`],
  'payments.facts_counted: a fact of another order': [`update "paymentFacts" set "order"='another' where ${one('paymentFacts')}`],
  'invoices.numbers: more is said to be lost than there is room for': [`update "invoiceSeries" set "lost"=1`],
  'invoices.numbers: a counter that is ahead': [`update "invoiceSeries" set "last"="last"+1`],
  'invoices.numbers: numbers that begin with 2': [`update "invoices" set "sequence"="sequence"+1`],
  'invoices.as_issued: another document': [
    `update "invoices" set "document"=replace("document", '"EUR"', '"USD"') where ${one('invoices')}`,
  ],
  'invoices.fit_sales: less is sold': [`delete from "ledgerEntries" where "kind"='order.recognized'`],
  'ledger.entries_kept: a block that counts otherwise': [`update "ledgerBlocks" set "entries"="entries"+1 where "number"=1`],
}

let store: Store

before(async () => {
  store = await openStore(createShop())
  const has = (table: string, where: string) => store.sql(`select 1 from "${table}" where ${where} limit 1`).get() !== undefined
  for (let seed = 1; seed <= 500; seed++) {
    const result = await inMacrotask(() => simulate(store, seed))
    assert.deepEqual(result.problems, [])
    // Something of everything: a sale, a closed order that had been paid, two orders at least, a second tick.
    const wanted = {
      orders: paid,
      refunds: `"status"='succeeded'`,
      ledgerEntries: `"kind"='order.recognized' and "account" like 'I:sales%' and "order" in (select "id" from "orders" where ${paid})`,
      reservations: inClosed,
      scheduleTicks: secondTick,
      webhookInbox: '1=1',
      ledgerBlocks: '1=1',
      webhookDeliveries: `"status"='delivered'`,
      // A simulated server has a log of its own.
      _commits: '1=1',
    }
    if (Object.entries(wanted).every(([table, where]) => has(table, where))) {
      store.sql('pragma ignore_check_constraints=on').run()
      return
    }
  }
  assert.fail('no seed of the first 500 has something of everything')
})

/** On the connection of the store, so that it sees what the open transaction has planted. */
async function verify(): Promise<Violation[]> {
  const { adapter, backend } = store
  const now = createWorld(1, null).now() + 30 * 24 * 3_600_000
  return await verifyDatabase({ read: adapter.reader, commitsAfter: adapter.commitsAfter, model: backend.model, now, isAtRest: true })
}

test('there is a plant for every invariant', () => {
  // A simulated shop has no files, nothing computed, nothing that comes back and no price lists: planted in test/api, in the tests of these.
  const elsewhere = [fileInvariants, computedInvariants, deletedInvariants, priceInvariants]
  const names = invariantGroups.filter((group) => !elsewhere.includes(group)).flatMap(({ invariants }) => Object.keys(invariants))
  assert.deepEqual(Object.keys(plants).toSorted(), names.toSorted())
})

test('before anything is planted all invariants hold', async () => {
  assert.deepEqual(await verify(), [])
})

for (const [title, statements] of Object.entries({ ...plants, ...otherPlants }))
  test(`${title} is seen`, async () => {
    const [name] = title.split(':')
    store.exec('begin')
    try {
      for (const statement of statements) store.exec(statement)
      assert.ok(statements[0]!.startsWith('drop') || store.sql('select changes() as "n"').get()!['n'] !== 0, 'the plant changed nothing')
      const found = (await verify()).filter(({ invariant }) => invariant === name)
      assert.ok(found.length > 0, 'nothing was reported under this name')
      assert.ok(found.every(({ sentence, found: what }) => sentence !== '' && what !== ''))
    } finally {
      store.exec('rollback')
    }
  })
