// A thousand archives, each damaged by its seed: cut off, bits turned over, lines gone, doubled, swapped, edited or put together. Each is refused
// in one sentence, or is what was written. `DAMAGED_SEED=n` runs one of them again.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { archiveHead } from '../../../test/support/archive-head.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { ArchiveError, archiveBytes, describeModel, openArchive } from './archive.ts'
import { type Part, startSum, sumsOf } from './contents.ts'

const fields = { text: field.text({ required: true }), more: field.json() }
const model = compileModel([collection('letters', { fields }), collection('notes', { fields })] as never)
const head = archiveHead({ lastPosition: 12, marks: { epoch: 'a1' }, collections: describeModel(model) })

function linesOf(name: string): string[] {
  return Array.from({ length: 12 }, (_, index) =>
    JSON.stringify({ id: `${name}_${index + 10}`, version: 1, text: `Löwe ${index}`, more: null }),
  )
}
const sections: Readonly<Record<string, readonly string[]>> = {
  letters: linesOf('let'),
  notes: linesOf('note'),
  _commits: Array.from({ length: 12 }, (_, index) => JSON.stringify({ position: index + 1, at: 1, operation: 'x', changes: [] })),
  _blobs: Array.from({ length: 3 }, () => JSON.stringify({ blob: 'a', size: 3, data: 'YQ==' })),
}

async function* parts(): AsyncGenerator<Part> {
  for (const [section, lines] of Object.entries(sections)) {
    const sum = startSum()
    const text = lines.map((line) => `${line}\n`).join('')
    sum.add(lines.length, text)
    yield { kind: 'begin', section, total: lines.length }
    yield { kind: 'page', section, rows: lines.map((line) => JSON.parse(line)), text }
    yield { kind: 'end', section, sum: sum.end() }
  }
}

/** All that is in it, as one text. */
async function contentOf(bytes: Uint8Array): Promise<string> {
  async function* stream() {
    for (let start = 0; start < bytes.length; start += 1_000) yield bytes.subarray(start, start + 1_000)
  }
  const archive = await openArchive(stream())
  let text = JSON.stringify(archive.head)
  const sums = await sumsOf(archive.parts, (part) => {
    if (part.kind === 'page') text += part.rows.map((row) => JSON.stringify(row)).join()
  })
  return text + JSON.stringify(sums)
}

type Random = (below: number) => number

function randomOf(seed: number): Random {
  let count = 0
  return (below) => createHash('sha256').update(`${seed} ${++count}`).digest().readUInt32LE() % below
}

const strange = [
  'null',
  '[]',
  '{}',
  '0',
  '"x"',
  '',
  '{"end":"notes"}',
  '{"end":"archive"}',
  '{"section":"notes","total":1}',
  '{"section":null}',
]

const damages: Readonly<Record<string, (bytes: Buffer, random: Random) => Uint8Array>> = {
  cut: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  bit: (bytes, random) => {
    const at = random(bytes.length)
    const copy = Buffer.from(bytes)
    copy[at] = copy[at]! ^ (1 << random(8))
    return copy
  },
  joined: (bytes, random) => Buffer.concat([bytes, random(2) === 0 ? bytes : bytes.subarray(0, random(bytes.length))]),
  gone: inLines((lines, random) => void lines.splice(random(lines.length), 1 + random(3))),
  doubled: inLines((lines, random) => {
    const at = random(lines.length)
    lines.splice(random(2) === 0 ? at : random(lines.length), 0, lines[at]!)
  }),
  swapped: inLines((lines, random) => {
    const [a, b] = [random(lines.length), random(lines.length)]
    ;[lines[a], lines[b]] = [lines[b]!, lines[a]!]
  }),
  strange: inLines((lines, random) => void lines.splice(random(lines.length), random(2), strange[random(strange.length)]!)),
  edited: inLines((lines, random) => {
    const at = random(lines.length)
    const line = lines[at]!
    const place = random(line.length)
    lines[at] = `${line.slice(0, place)}${'0123456789{}[]",:x é'.at(random(20))}${line.slice(place + random(2))}`
  }),
  // With its sum made anew, as a person would who edits one.
  section: inLines((lines, random) => {
    const starts = lines.flatMap((line, index) => (line.startsWith('{"section":') ? [index] : []))
    const start = starts[random(starts.length)]!
    const end = lines.findIndex((line, index) => index > start && line.startsWith('{"end":'))
    const removed = lines.splice(start, end - start + 1)
    if (random(2) === 0) lines.splice(1, 0, ...removed, ...removed)
  }),
  text: (bytes, random) => {
    const plain = zstdDecompressSync(bytes)
    plain[random(plain.length)] = random(256)
    return zstdCompressSync(plain)
  },
}

function inLines(change: (lines: string[], random: Random) => void) {
  return (bytes: Buffer, random: Random): Uint8Array => {
    const lines = zstdDecompressSync(bytes).toString().trimEnd().split('\n')
    change(lines, random)
    return zstdCompressSync(Buffer.from(`${lines.join('\n')}\n`))
  }
}

const written = Buffer.concat(await Array.fromAsync(archiveBytes(head, parts())))

test('no damaged archive is read as another one, and none is more than refused', async () => {
  const whole = await contentOf(written)
  const only = process.env['DAMAGED_SEED']
  const kinds = Object.keys(damages)
  const refused: Record<string, number> = Object.fromEntries(kinds.map((kind) => [kind, 0]))
  for (let seed = 1; seed <= 1_000; seed++) {
    if (only !== undefined && seed !== Number(only)) continue
    const kind = kinds[seed % kinds.length]!
    const found = await contentOf(damages[kind]!(written, randomOf(seed))).catch((error: unknown) => error)
    if (found instanceof ArchiveError) {
      assert.match(found.message, /^It .*\.$/, `seed ${seed}`)
      refused[kind]!++
    } else assert.equal(found, whole, `seed ${seed}: ${kind}`)
  }
  if (only === undefined) for (const [kind, count] of Object.entries(refused)) assert.ok(count > 30, `of ${kind} ${count} were refused`)
})

test('an archive of before, whose head has no sum, is read; what is missing in a head is said', async () => {
  const [first, ...rest] = zstdDecompressSync(written).toString().split('\n')
  const { sum, ...before } = JSON.parse(first!)
  const read = async (value: object) => await contentOf(zstdCompressSync(Buffer.from([JSON.stringify(value), ...rest].join('\n'))))
  assert.equal(await read(before), await read({ ...before, sum }))
  for (const change of [
    { collections: undefined },
    { collections: [{}] },
    { collections: before.collections.slice(1) },
    { lastPosition: 'zzz' },
    { lastPosition: -1 },
    { format: 0 },
    { format: -1 },
    { format: '1' },
    { at: 'once' },
    { marks: { filling: '1' } },
    { marks: null },
    { id: 7 },
    { source: null },
  ]) {
    if (change.collections?.length !== before.collections.length - 1)
      await assert.rejects(read({ ...before, ...change }), /its first line, which says what it is of/, JSON.stringify(change))
    await assert.rejects(read({ ...before, ...change, sum }), /its first line/, JSON.stringify(change))
  }
})

test('a line without an end is refused once it has more than the bound', async () => {
  const piece = Buffer.alloc(1 << 20, 'x')
  async function* endless() {
    yield `${JSON.stringify(head)}\n`
    for (let given = 0; given < 4 * limits.archiveLineCharactersMax; given += piece.length) yield piece
  }
  const archive = await openArchive(Readable.from(endless()).pipe(createZstdCompress()))
  await assert.rejects(sumsOf(archive.parts), /a line has more than 33554432 characters/)
})
