// `kingpost mails`: all mails of a project, and whether each can be sent; `kingpost mails build`: compiles what is written in MJML.
import { join } from 'node:path'
import { languages } from '../base/language.ts'
import type { AnyOwnMail } from '../domains/emails/define-mail.ts'
import { ownMailNames } from '../domains/emails/order-templates.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import { compileMails, readMailFiles } from './mail-folder.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

export async function mails(settings: ProcessSettings): Promise<number> {
  const [word, ...more] = settings.rest
  if (more.length > 0 || (word !== undefined && word !== 'build')) throw new UsageError('Type: kingpost mails, or kingpost mails build')
  const loaded = await loadConfig(settings.configPath)
  const written = word === 'build' ? await compileMails(loaded.folder) : []
  for (const path of written) process.stdout.write(`${join(loaded.folder, path)}\n`)
  const { project, config } = compileConfig(loaded, { publicUrl: settings.publicUrl ?? 'http://localhost', isDevelopment: true })
  const files = readMailFiles(loaded.folder)
  const own = ((config.mails ?? []) as readonly AnyOwnMail[]).map(({ name }) => name)
  const lines = [...own, ...ownMailNames].map((name) => {
    const paths = files.filter(({ path }) => new RegExp(`^mails/${RegExp.escape(name)}(?:\\.[\\w-]+)?\\.(?:html|txt|mjml)$`).test(path))
    const place =
      paths.length > 0 ? paths.map(({ path }) => path).join(', ') : own.includes(name) ? 'config' : `Kingpost (${languages.join(', ')})`
    return `${name.padEnd(26)}${place}`
  })
  process.stdout.write(`${lines.join('\n')}\n${project.mail.written.templates.size} of the project's own. All can be sent.\n`)
  return 0
}
