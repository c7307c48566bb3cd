// `kingpost doctor mail`: whether the DNS says of the domains of mail what receivers look for, with the records to publish.
import type { MailCheck } from '../domains/inbound/mail-checks.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import { lookAtMail } from './mail-facts.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** 0 when all is good or could only be better, 1 when something is missing, wrong or not known. */
export async function doctor(settings: ProcessSettings): Promise<number> {
  if (settings.rest.join(' ') !== 'mail') throw new UsageError('Type: kingpost doctor mail')
  const loaded = await loadConfig(settings.configPath)
  const { publicUrl, port, isDevelopment } = settings
  const { project } = compileConfig(loaded, { publicUrl: publicUrl ?? `http://localhost:${port}`, isDevelopment })
  const checks = await lookAtMail({ settings, loaded, project })
  process.stdout.write(settings.isJson ? `${JSON.stringify({ checks })}\n` : checks.map(lineOf).join(''))
  return checks.every(({ state }) => state === 'good' || state === 'advice') ? 0 : 1
}

function lineOf({ state, subject, name, says, publish }: MailCheck): string {
  const line = `${state.padEnd(8)} ${subject.padEnd(8)} ${name}: ${says}\n`
  if (publish === null) return line
  const value = publish.type === 'TXT' ? `"${publish.value}"` : publish.value
  return `${line}         publish  ${publish.type} ${publish.name} ${value}\n`
}
