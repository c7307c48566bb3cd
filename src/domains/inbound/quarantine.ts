// What could not be read, and what staff do with it: have it read again, as after the engine was mended, or throw it away.
import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { effects, enqueue } from '../../effects/effect.ts'
import { type CommandContext, command, type Operation } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type InboundMail, inboundMails, inboundPieces } from './collections.ts'
import { emailParse } from './receive-mail.ts'

const common = {
  tag: 'E-mails',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  errors: ['not_found', 'conflict'],
  access: staff,
} as const

const readAgain = command({
  ...common,
  name: 'inboundMails.readAgain',
  route: 'POST /api/inboundMails/:id/read',
  summary: 'Have mail read again that could not be read',
  output: Type.Object({ id: Type.String(), state: Type.String() }),
  async run(work) {
    const { tx, now } = work
    const mail = await quarantined(work)
    const { id, state } = await tx.update(inboundMails, mail, { set: { state: 'received', reason: null } })
    const key = readingKey(id)
    const effect = await findUnique(tx, effects, eq('key', key))
    // One that ended long ago was forgotten, and is owed anew.
    if (effect === null) await enqueue(work, emailParse, { key, payload: { mail: id }, record: id })
    else await tx.update(effects, effect, { set: { state: 'ready', dueAt: now, owner: null } })
    return { output: { id, state } }
  },
})

/** `DELETE /api/inboundMails/{id}`: with its bytes. Nothing was made of it. */
const deleteMail = command({
  ...common,
  name: 'inboundMails.delete',
  route: 'DELETE /api/inboundMails/:id',
  summary: 'Throw mail away that could not be read',
  status: 204,
  output: Type.Null(),
  async run(work) {
    const { tx } = work
    const mail = await quarantined(work)
    const effect = await findUnique(tx, effects, eq('key', readingKey(mail.id)))
    if (effect?.state === 'dead') await tx.update(effects, effect, { set: { state: 'canceled' } })
    await tx.deleteWhere(inboundPieces, eq('mail', mail.id))
    await tx.delete(inboundMails, mail)
    return { output: null, status: 204 }
  },
})

const readingKey = (id: string) => `${emailParse.name}:${id}`

/** @throws not_found, conflict */
async function quarantined({ tx, input }: CommandContext<{ readonly id: string }>): Promise<InboundMail> {
  const mail = await tx.lock(inboundMails, input.id, 'exclusive')
  if (mail === null) throw new EngineError('not_found')
  if (mail.state !== 'quarantined')
    throw new EngineError('conflict', { detail: `It is ${mail.state}: only mail that could not be read is moved so.` })
  return mail
}

export const quarantineOperations: readonly Operation[] = [readAgain, deleteMail]
