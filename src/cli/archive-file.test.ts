import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { archiveHead } from '../../test/support/archive-head.ts'
import { type Part, startSum } from '../storage/archive/contents.ts'
import { writeArchiveFile } from './archive-file.ts'

const head = archiveHead()

async function* parts(): AsyncGenerator<Part> {
  yield { kind: 'begin', section: '_commits', total: 0 }
  yield { kind: 'end', section: '_commits', sum: startSum().end() }
}

test('what killed backups have left is removed by the next one; what others write or keep there is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const machine = hostname().replaceAll(/[^\w-]/g, '-')
  const { pid: dead } = spawnSync(process.execPath, ['--version'])
  const kept = [`a.jsonl.zst.${machine}-${process.ppid}.part`, `a.jsonl.zst.elsewhere-${dead}.part`, `film.mp4.${dead}.part`, 'film.part']
  const left = [`a.jsonl.zst.${machine}-${dead}.part`, `b.jsonl.zst.${machine}-${process.pid}.part`]
  for (const name of [...kept, ...left]) writeFileSync(join(folder, name), 'half')
  await writeArchiveFile(join(folder, 'new.jsonl.zst'), { head, parts: parts(), onPart: () => {} })
  assert.deepEqual(readdirSync(folder).sort(), [...kept, 'new.jsonl.zst'].sort())
})
