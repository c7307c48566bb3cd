import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderReport } from './report.ts'

const round = (rate: number) => ({ rate, errors: 0, cpuUs: 20 })

test('a ratio is of neighbouring rounds and is held against its floor', () => {
  const report = renderReport({
    works: {
      get: {
        limit: [round(100), round(200), round(100)],
        ours: [round(60), round(120), round(60)],
      },
      create: { limit: [round(100)], ours: [round(30)] },
    },
    starts: {},
  })
  assert.match(report, /get one record \|\s+100 \|\s+60 \|\s+0.60 \|\s+0.50 \|\s+kept/)
  assert.match(report, /create\s+\|\s+100 \|\s+30 \|\s+0.30 \|\s+0.40 \|\s+MISSED/)
})

test('alone, the limit has no ratio and no verdict', () => {
  const report = renderReport({
    works: { list: { limit: [round(100)] } },
    starts: { limit: [{ startMs: 90, residentMb: 70 }] },
  })
  assert.match(report, /list 30 \|\s+100 \|\s+– \|\s+– \|\s+0.50 \|\s+\|/)
  assert.doesNotMatch(report, /kept|MISSED/)
})

test('start and memory are held against what they may be at most', () => {
  const report = renderReport({ works: {}, starts: { ours: [{ startMs: 901, residentMb: 150 }] } })
  assert.match(report, /ours \|\s+901 \|\s+900 \| MISSED \|\s+150 \|\s+150 \|\s+kept/)
})

test('failed requests are told', () => {
  const report = renderReport({
    works: { get: { ours: [{ ...round(9), errors: 3 }] } },
    starts: {},
  })
  assert.match(report, /get one record, ours: 3 FAILED requests/)
})
