import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderReport } from './report.ts'

const round = (rate: number) => ({ rate, errors: 0, cpuUs: 20 })

test('a ratio is of neighbouring rounds and is held against its floor', () => {
  const report = renderReport({
    works: {
      get: {
        limit: [round(100), round(200), round(100)],
        ours: [round(80), round(160), round(80)],
      },
      create: { limit: [round(100)], ours: [round(30)] },
    },
    starts: {},
  })
  assert.match(report, /get one record \|\s+100 \|\s+80 \|\s+0.80 \|\s+0.76 \|\s+kept/)
  assert.match(report, /create\s+\|\s+100 \|\s+30 \|\s+0.30 \|\s+0.70 \|\s+MISSED/)
})

test('alone, the limit has no ratio and no verdict', () => {
  const report = renderReport({
    works: { list: { limit: [round(100)] } },
    starts: { limit: [{ startMs: 90, residentMb: 70 }] },
  })
  assert.match(report, /list 30 \|\s+100 \|\s+– \|\s+– \|\s+0.75 \|\s+\|/)
  assert.doesNotMatch(report, /kept|MISSED/)
})

test('start and memory are held against what they may be at most', () => {
  const report = renderReport({ works: {}, starts: { ours: [{ startMs: 601, residentMb: 125 }] } })
  assert.match(report, /ours \|\s+601 \|\s+600 \| MISSED \|\s+125 \|\s+125 \|\s+kept/)
})

test('failed requests are told', () => {
  const report = renderReport({
    works: { get: { ours: [{ ...round(9), errors: 3 }] } },
    starts: {},
  })
  assert.match(report, /get one record, ours: 3 FAILED requests/)
})

test('an order with its cart in one request is held against the shop by hand, the storage alone, and what it may cost', () => {
  const cost = { statements: 51, onWriter: 40, frames: 10, commits: 5, writes: 20, bytes: 9_000, lineBytes: 4_000, us: 500, trips: 0 }
  const report = renderReport({
    works: {
      orderInOne: { storage: [round(1_000)], limit: [round(400)], ours: [{ ...round(200), deviceBytes: 95_000 }] },
      order: { storage: [round(1_000)], limit: [round(300)], ours: [round(90)] },
    },
    starts: {},
    counts: { orderInOne: { ours: cost }, order: { ours: { ...cost, statements: 60 } } },
  })
  assert.match(report, /whole order, cart in one request\s+\|\s+400 \|\s+200 \|\s+0.50 \|\s+0.45 \|\s+kept/)
  assert.match(report, /request, of storage alone \|\s+1,000 \|\s+200 \|\s+0.200 \|\s+0.158 \|\s+kept/)
  assert.match(report, /request: device bytes\s+\|\s+– \|\s+95,000 \|\s+90,000 \| MISSED/)
  assert.match(report, /request: statements\s+\|\s+– \|\s+51.0 \|\s+50 \| MISSED/)
  assert.match(report, /request: commits\s+\|\s+– \|\s+5.0 \|\s+5 \|\s+kept/)
  // The other way is shown, and held to nothing.
  assert.match(report, /whole order\s+\|\s+300 \|\s+90 \|\s+0.30 \|\s+\|\s+\|/)
  assert.match(report, /whole order: statements\s+\|\s+– \|\s+60.0 \|\s+\|\s+\|/)
})
