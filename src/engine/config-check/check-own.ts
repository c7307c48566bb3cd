// Effects, mails and secrets of a project: well-formed, and each named once.
import mustache from 'mustache'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import { isTimeZone } from '../../base/time-zone.ts'
import { type AnyOwnMail, dataMisfit } from '../../domains/emails/define-mail.ts'
import { isOwnTemplate } from '../../domains/emails/order-templates.ts'
import { nextDue, parseCron, parseEvery } from '../../extend/cron.ts'
import { type Add, callable, is, passes, plainObject, shown } from '../../schema/shape.ts'
import { scheduleNames } from '../schedules.ts'
import { ownName } from './check-hooks.ts'
import { entries } from './entries.ts'
import { isSchema } from './is-schema.ts'

/** First words of effects of ours. */
const ownKinds = ['email', 'payment', 'hook']

export const checkEffects = entries({
  kinds: ['effect'],
  keys: {
    name: (value, path, add) => {
      ownName(value, path, add)
      if (typeof value === 'string' && ownKinds.includes(value.split('.')[0]!)) add(path, `"${value}": what begins so is Kingpost's own`)
    },
    payload: schemaOfObject,
    attempts: is('a whole number from 1 to 100', (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 100),
    run: callable,
    settle: callable,
  },
  required: ['name', 'payload', 'run'],
  made: 'defineEffect(…)',
})

export const checkMails = entries(
  {
    kinds: ['mail'],
    keys: {
      name: (value, path, add) => {
        if (typeof value !== 'string' || !/^[a-z][a-zA-Z0-9_.-]{0,59}$/.test(value))
          add(path, `must be a name such as welcome, not ${shown(value)}`)
        else if (isOwnTemplate(value)) add(path, `"${value}" is a template of Kingpost's own: choose another name`)
      },
      data: schemaOfObject,
      subject: templateText,
      text: templateText,
      html: templateText,
      category: is('transactional or marketing', (value) => value === 'transactional' || value === 'marketing'),
      sample: plainObject,
    },
    required: ['name', 'data'],
    made: 'defineMail(…)',
  },
  checkMail,
)

export const checkSecrets = entries({
  kinds: ['secret'],
  keys: {
    name: is('a variable such as CRM_TOKEN', (value) => typeof value === 'string' && /^[A-Z][A-Z0-9_]{1,99}$/.test(value)),
  },
  required: ['name'],
  made: 'defineSecret(…)',
})

export const checkSchedules = entries(
  {
    kinds: ['schedule'],
    keys: {
      name: (value, path, add) => {
        ownName(value, path, add)
        if (scheduleNames.includes(value as string)) add(path, `"${String(value)}" is a schedule of Kingpost's own: choose another name`)
      },
      every: (value, path, add) => {
        const everyMs = typeof value === 'string' ? parseEvery(value) : null
        if (everyMs === null) add(path, `must be a time such as 30s, 5m, 2h or 1d, not ${shown(value)}`)
        else if (everyMs < limits.scheduleEveryMinMs) add(path, `must be ${limits.scheduleEveryMinMs / 1_000}s or more`)
      },
      cron: (value, path, add) => {
        try {
          if (nextDue(parseCron(String(value)), 'UTC', 0) === null) add(path, `"${String(value)}" never comes`)
        } catch (error) {
          add(path, (error as Error).message)
        }
      },
      timeZone: is('a time zone such as Europe/Berlin', (value) => typeof value === 'string' && isTimeZone(value)),
      run: callable,
    },
    required: ['name', 'run'],
    made: 'defineSchedule(…)',
  },
  ({ every, cron }, path, add) => {
    if ((every === null) === (cron === null)) add(path, 'needs one of `every` and `cron`')
  },
)

function schemaOfObject(value: unknown, path: string, add: Add): void {
  if (!passes(plainObject, value, path, add) || !isSchema(value as object, path, add)) return
  if ((value as { type?: unknown }).type !== 'object') add(path, 'must be a Type.Object({ … })')
}

function templateText(value: unknown, path: string, add: Add): void {
  if (typeof value !== 'string' || value.trim() === '') return add(path, `must be a text, not ${shown(value)}`)
  try {
    mustache.parse(value)
  } catch (error) {
    add(path, `is no template: ${(error as Error).message}`)
  }
}

/** What is filled in must be there: a misspelt name would be a gap in the mail. */
function checkMail(given: Readonly<Record<string, unknown>>, path: string, add: Add): void {
  const mail = given as unknown as AnyOwnMail
  const { data, subject, text, html, sample } = mail
  if ((subject === null) !== (text === null))
    add(`${path}.${subject === null ? 'subject' : 'text'}`, 'is missing: the mail says both, or files say them')
  if (html !== null && text === null) add(`${path}.text`, 'is missing: there is html')
  const misfit = sample === null ? null : dataMisfit(mail, sample)
  if (misfit !== null) add(`${path}.sample${misfit.path.replaceAll('/', '.')}`, misfit.message)
  const known = ['shop', 'unsubscribeUrl', ...Object.keys(data.properties ?? {})]
  for (const [part, content] of Object.entries({ subject, text, html }))
    for (const name of content === null ? [] : namesIn(content))
      if (!known.includes(name)) add(`${path}.${part}`, `{{${name}}} is nothing that \`data\` has${nearest(name, known)}`)
}

/** Of the outermost level: what a section holds may be of its own value. */
function namesIn(template: string): string[] {
  const tokens = mustache.parse(template) as unknown as [type: string, value: string][]
  const names = tokens.filter(([type]) => ['name', '&', '#', '^'].includes(type)).map(([, value]) => value.split('.')[0]!)
  return [...new Set(names.filter((name) => name !== ''))]
}
