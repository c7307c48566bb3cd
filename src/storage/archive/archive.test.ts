import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { archiveHead } from '../../../test/support/archive-head.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { ArchiveError, archiveBytes, describeModel, misfits, openArchive } from './archive.ts'
import { recordLine } from './canonical.ts'
import { type Part, startSum, sumsOf } from './contents.ts'

const notes = collection('notes', { fields: { text: field.text({ required: true }), more: field.json() } })
const model = compileModel([notes] as never)
const toLine = recordLine(model.get(notes))
const rows = Array.from({ length: 100 }, (_, index) => ({
  id: `note_${String(index).padStart(3, '0')}`,
  version: 1,
  text: `Note ${index}`,
  more: { end: 'archive', index },
  createdAt: 1,
  updatedAt: 1,
}))
const head = archiveHead({ collections: describeModel(model) })

async function* parts(): AsyncGenerator<Part> {
  yield* section('_commits', [])
  yield* section('notes', rows.map(toLine))
}

async function* section(name: string, lines: readonly string[]): AsyncGenerator<Part> {
  const sum = startSum()
  const text = lines.map((line) => `${line}\n`).join('')
  sum.add(lines.length, text)
  yield { kind: 'begin', section: name, total: lines.length }
  if (lines.length > 0) yield { kind: 'page', section: name, rows: lines.map((line) => JSON.parse(line)), text }
  yield { kind: 'end', section: name, sum: sum.end() }
}

async function readAll(bytes: Uint8Array, read: unknown[] = []): Promise<number> {
  async function* stream() {
    for (let start = 0; start < bytes.length; start += 97) yield bytes.subarray(start, start + 97)
  }
  const archive = await openArchive(stream())
  await sumsOf(archive.parts, (part) => {
    if (part.kind === 'page') read.push(...part.rows)
  })
  return read.length
}

const written = async () => Buffer.concat(await Array.fromAsync(archiveBytes(head, parts())))

test('what was written is read, and anybody can unpack it', async () => {
  const bytes = await written()
  const read: unknown[] = []
  assert.equal(await readAll(bytes, read), 100)
  assert.deepEqual(read, rows)
  const lines = zstdDecompressSync(bytes).toString().trimEnd().split('\n')
  assert.equal(JSON.parse(lines[0]!).project, 'Test')
  assert.equal(lines.length, 1 + 2 * 2 + 100 + 1)
})

test('whatever is cut or changed is found out', async () => {
  const bytes = await written()
  for (let length = 0; length < bytes.length; length++) {
    // The last bytes say only that nothing follows.
    const read = await readAll(bytes.subarray(0, length)).catch((error: unknown) => error)
    assert.ok(
      read instanceof ArchiveError || (read === rows.length && length > bytes.length - 20),
      `cut after ${length} bytes: ${String(read)}`,
    )
  }
  const text = zstdDecompressSync(bytes).toString()
  const lines = text.trimEnd().split('\n')
  const broken: Record<string, string> = {
    'a letter': text.replace('Note 50', 'Note 5O'),
    'a row less': lines.filter((line) => !line.includes('note_007')).join('\n'),
    'a row twice': lines.flatMap((line) => (line.includes('note_007') ? [line, line] : [line])).join('\n'),
    'no end': lines.slice(0, -1).join('\n'),
    'a section less': [lines[0], ...lines.slice(3)].join('\n'),
    'two in one': `${text}${text}`,
    'the end of a section': lines.filter((line) => !line.startsWith('{"end":"notes"')).join('\n'),
  }
  for (const [what, changed] of Object.entries(broken))
    await assert.rejects(readAll(zstdCompressSync(Buffer.from(changed))), ArchiveError, what)
})

test('another file, and a newer format, are said to be so', async () => {
  await assert.rejects(readAll(Buffer.from('a photo of a cat, of some length')), ArchiveError)
  await assert.rejects(readAll(zstdCompressSync(Buffer.from('{"kingpost":"other"}\n'))), /no archive of Kingpost/)
  const newer = zstdCompressSync(Buffer.from(`${JSON.stringify({ ...head, format: 2 })}\n`))
  await assert.rejects(readAll(newer), /newer Kingpost \(format 2, this one reads 1\)/)
})

test('a model that cannot take the records is told field by field', () => {
  assert.deepEqual(misfits(head, model), [])
  const other = (fields: Parameters<typeof collection>[1]['fields']) => compileModel([collection('notes', { fields })] as never)
  assert.deepEqual(misfits(head, compileModel([])), ['notes: the project has no such collection'])
  assert.deepEqual(
    misfits(head, other({ text: field.integer({ required: true }), must: field.text({ required: true }), may: field.text() })),
    [
      'notes.more: the project has no such field',
      'notes.text: is integer now, and was text',
      'notes.must: is required now, and the archive has no value for it',
    ],
  )
})

test('the line of a record does not depend on the order of its keys', () => {
  const { id, ...rest } = rows[0]!
  assert.equal(toLine({ ...rest, id, more: { index: 0, end: 'archive' } } as never), toLine(rows[0]!))
})
