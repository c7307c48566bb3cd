// Real mail: answers in many languages, bounces of many systems, damaged letters. It lies beside the project; where it is not, this says what it left out.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { trimReply } from '../emails/trim-reply.ts'
import { parseMail } from './parse-mail.ts'

// Beside the project, or beside the folder that clones of it stand in.
const root = join(import.meta.dirname, '../../..')
const folders = ['..', '../..'].map((up) => join(root, up, 'shared/data/mail'))
const folder = folders.find((path) => existsSync(path)) ?? folders[0]!
const skip = existsSync(folder) ? false : `${folder} is not there: 64 answers, 315 reports and the damaged letters were not read`
const filesIn = (name: string) =>
  readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const even = (text: string) => text.replace(/^\s*\n/, '').trimEnd()

describe('real mail', { skip }, () => {
  test('what was written is told from what was quoted: all of 64 answers', () => {
    const names = readdirSync(join(folder, 'replies/emails'))
    assert.equal(names.length, 64)
    const wrong = names.filter((name) => {
      const [text, own] = ['emails', 'trimmed'].map((of) => readFileSync(join(folder, 'replies', of, name), 'utf8'))
      return even(trimReply(text!).text) !== even(own!)
    })
    assert.deepEqual(wrong, [])
  })

  test('all but one of 315 reports are known as such; 306 name a recipient, 232 a status', async () => {
    const reports = await Promise.all(filesIn('bounces').map(async (path) => (await parseMail(readFileSync(path))).report))
    assert.equal(reports.length, 315)
    // It is from `neko-admin@` in words of its own, as a person could write.
    assert.equal(reports.filter((report) => report === null).length, 1)
    const recipients = reports.map((report) => report?.recipients ?? [])
    assert.ok(recipients.filter(({ length }) => length > 0).length >= 306)
    assert.ok(recipients.filter((all) => all.some(({ status }) => status !== null)).length >= 232)
  })

  test('damaged letters are read, and their text can be kept by any database', async () => {
    const paths = filesIn('odd')
    assert.ok(paths.length > 30)
    for (const path of paths) {
      const mail = await parseMail(readFileSync(path))
      const texts = [mail.text, mail.reply, mail.subject, mail.from, mail.fromName, mail.html ?? '']
      for (const text of texts) assert.ok(text.isWellFormed() && !text.includes('\0'), path)
    }
  })
})
