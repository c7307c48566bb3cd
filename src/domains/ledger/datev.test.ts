import assert from 'node:assert/strict'
import { test } from 'node:test'
import { money } from '../../base/money.ts'
import { bookkeepingOf } from '../../config/bookkeeping.ts'
import { datevAccount, datevColumns, datevHead, datevLines, decimal, pairsOf } from './datev.ts'

const { datev: settings } = bookkeepingOf({ datev: { consultant: 29_098, client: 55_003, accounts: { 'A:psp:stripe': '1361' } } })

test('the head is as DATEV shows it, and names 125 columns', () => {
  const batch = { settings, currency: 'EUR', from: '2024-01-01', to: '2024-08-31', fiscalYear: '2024-01-01', made: '20240130140440439' }
  const [first, second, rest] = datevHead(batch).split('\r\n')
  // The example of its own documents, but for who made it and what it is called.
  const shown =
    '"EXTF";700;21;"Buchungsstapel";13;20240130140440439;;"KP";"";"";29098;55003;20240101;4;20240101;20240831;"Kingpost";"";1;0;0;"EUR";;"";;;"03";;;"";""'
  assert.deepEqual([first, first!.split(';').length, rest], [shown, 31, ''])
  assert.equal(second!.split(';').length, 125)
  assert.equal(new Set(datevColumns).size, 125)
  const at = (name: string) => datevColumns.indexOf(name) + 1
  assert.deepEqual([at('Konto'), at('Belegdatum'), at('Buchungstext'), at('Festschreibung'), at('Leistungsdatum')], [7, 10, 14, 114, 115])
  // One byte each in Windows-1252.
  assert.ok([...datevHead(batch)].every((letter) => letter.codePointAt(0)! < 256))
})

test('accounts are found by the longest beginning that is listed', () => {
  const found = ['A:psp:stripe', 'A:psp:paypal', 'L:deposit:ord_1', 'I:sales', 'X:unheard'].map((name) => datevAccount(settings, name))
  assert.deepEqual(found, ['1361', '1360', '1710', '8200', '1590'])
})

test('pairs of legs come to what the legs come to', () => {
  for (let seed = 1; seed <= 300; seed++) {
    let state = seed * 7919
    const next = (below: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    const amounts = Array.from({ length: 1 + next(6) }, () => next(2_001) - 1_000)
    amounts.push(-amounts.reduce((sum, amount) => sum + amount, 0))
    const legs = amounts.map((amount, index) => ({ account: `L${index}`, amount: money(amount, 'EUR') }))
    const sums = new Map(legs.map(({ account }) => [account, 0]))
    for (const { debit, credit, amount } of pairsOf(legs)) {
      assert.ok(amount > 0, `seed ${seed}`)
      sums.set(debit, sums.get(debit)! + amount)
      sums.set(credit, sums.get(credit)! - amount)
    }
    assert.deepEqual([...sums.values()], amounts, `seed ${seed}`)
  }
})

test('a posting is a line of 125 fields, and one that moves nothing there is none', () => {
  const pairs = [
    { debit: 'A:psp:stripe', credit: 'L:deposit:ord_1', amount: 123_456 },
    { debit: 'I:sales', credit: 'I:shipping', amount: 5 },
  ]
  const lines = datevLines({ settings, currency: 'EUR' }, { pairs, kind: 'payment.cap_ok', day: '2026-11-03', document: 'A_1"2' }).split(
    '\r\n',
  )
  assert.equal(lines.length, 2)
  const fields = lines[0]!.split(';')
  assert.equal(fields.length, 125)
  assert.deepEqual(
    [0, 1, 2, 6, 7, 9, 10, 13, 113].map((at) => fields[at]),
    ['1234,56', '"S"', '"EUR"', '1361', '1710', '0311', '"A-1-2"', '"payment.cap_ok A:psp:stripe"', '0'],
  )
})

test('amounts have the decimals of their currency, and two for DATEV', () => {
  assert.deepEqual(
    [decimal(5, 'EUR', '.'), decimal(-1_234, 'EUR', ','), decimal(7, 'JPY', '.'), decimal(7, 'JPY', ',')],
    ['0.05', '-12,34', '7', '7,00'],
  )
})
