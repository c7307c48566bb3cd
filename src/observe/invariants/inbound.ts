// What must hold of mail that came in: all of its bytes are there, it was read or is to be read, and each letter is in a conversation that there is.
import { eq, isNull, not, oneOf } from '../../contract/filter.ts'
import { emails } from '../../domains/emails/collections.ts'
import { emailThreads } from '../../domains/emails/threads.ts'
import { type InboundMail, inboundMailboxes, inboundMails, inboundPieces } from '../../domains/inbound/collections.ts'
import { emailParse } from '../../domains/inbound/receive-mail.ts'
import { threadNotes } from '../../domains/inbound/thread-notes.ts'
import { effects } from '../../effects/effect.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const inboundInvariants: InvariantGroup = {
  needs: ['inboundMails', 'inboundPieces', 'inboundMailboxes', 'emails', 'emailThreads', 'threadNotes', 'effects'],
  invariants: {
    'inboundMails.bytes_there': 'A message that came in has all of its bytes.',
    'inboundMails.read_or_owed':
      'A message that came in was read, with the e-mail that it became, or its reading is owed, or it is quarantined with the reason.',
    'inboundMailboxes.trouble_told':
      'A mailbox that cannot be read says why and since when, and which message could not be fetched, where one could not.',
    'emails.in_their_thread': 'The conversation that an e-mail names is there.',
    'threadNotes.in_their_thread': 'The conversation that a note of staff names is there.',
  },
  async check(context) {
    for await (const page of pagesOf(context, inboundMails)) {
      for (const mail of page) await checkBytes(context, mail)
      await checkState(context, page)
    }
    for await (const page of pagesOf(context, emails, not(isNull('thread')))) await checkThreads(context, 'emails', page)
    for await (const page of pagesOf(context, threadNotes)) await checkThreads(context, 'threadNotes', page)
    for await (const page of pagesOf(context, inboundMailboxes))
      for (const { id, state, lastError, failingSince, troubledUid, troubles } of page) {
        const isTold = (state !== 'failing' || (lastError !== null && failingSince !== null)) && troubles > 0 === (troubledUid !== null)
        if (!isTold)
          context.report('inboundMailboxes.trouble_told', [`inboundMailboxes/${id}`], `${state}, because ${lastError}, ${troubles} times`)
      }
  },
}

type InThread = { readonly id: string; readonly thread: string | null }

async function checkThreads({ read, report }: VerifyContext, name: 'emails' | 'threadNotes', page: readonly InThread[]): Promise<void> {
  const ids = [...new Set(page.map(({ thread }) => thread!))]
  const known = new Set((await read.getMany(emailThreads, ids)).map(({ id }) => id))
  for (const { id, thread } of page) if (!known.has(thread!)) report(`${name}.in_their_thread`, [`${name}/${id}`], `there is no ${thread}`)
}

async function checkBytes({ read, report }: VerifyContext, { id, pieces, size }: InboundMail): Promise<void> {
  const rows = await allOf({ read }, inboundPieces, eq('mail', id))
  const found = rows.reduce((sum, { bytes }) => sum + Buffer.byteLength(bytes, 'base64'), 0)
  if (rows.length !== pieces || found !== size)
    report('inboundMails.bytes_there', [`inboundMails/${id}`], `${found} bytes in ${rows.length} pieces, not ${size} in ${pieces}`)
}

async function checkState(context: VerifyContext, page: readonly InboundMail[]): Promise<void> {
  const waiting = page.filter(({ state }) => state === 'received')
  const owed = await allOf(
    context,
    effects,
    oneOf(
      'key',
      waiting.map(({ id }) => `${emailParse.name}:${id}`),
    ),
  )
  const open = new Set(owed.filter(({ state }) => !['done', 'canceled'].includes(state)).map(({ key }) => key))
  for (const { id, state, email, reason } of page) {
    const fits = state === 'received' ? open.has(`${emailParse.name}:${id}`) : state === 'parsed' ? email !== null : reason !== null
    if (!fits) context.report('inboundMails.read_or_owed', [`inboundMails/${id}`], `${state}, e-mail ${email}, because ${reason}`)
  }
}
