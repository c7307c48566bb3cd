// Templates of a project in files: `mails/<name>.html`, `.txt` and `.mjml`, each for all languages or, as `<name>.de.html`, for one. They are read once,
// when a process starts: what is wrong is said then, with file and line, and nothing of it is left to the transaction that owes a mail. Pure:
// cli/mail-folder.ts reads the folder and compiles MJML.
import { createHash } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import { declarationOf } from '../../base/place.ts'
import type { MailLayout, WrittenMails } from '../../config/project.ts'
import { nearestLanguage } from '../../languages/language-texts.ts'
import type { AnyOwnMail } from './define-mail.ts'
import { isOwnTemplate, ownMailNames, ownTemplate } from './order-templates.ts'
import { checkPlaceholders } from './placeholders.ts'
import { findWritten, type Template } from './render.ts'
import { sampleOf, sampleView } from './sample-views.ts'
import { dressed, isWhole, textOfTemplate, titleIn } from './template-html.ts'

/** `path`: below the folder of the config, such as `mails/welcome.de.html`. */
export type MailFile = { readonly path: string; readonly text: string }
export type MailMistake = { readonly path: string; readonly message: string }

type Kind = 'html' | 'txt' | 'mjml'
type Part = {
  readonly path: string
  readonly name: string
  readonly language: string
  readonly kind: Kind
  readonly said: Readonly<Record<string, string>>
  /** Of a file in MJML: what was compiled of it. */
  readonly body: string
  /** Where the body begins: lines of the file before it. */
  readonly linesBefore: number
}

const layoutName = 'layout'
const content = '{{> content}}'

/** Where the compiled form of `mails/welcome.mjml` lies. */
export function compiledPath(path: string): string {
  return path.replace(/^mails\//, 'mails/compiled/').replace(/\.mjml$/, '.html')
}

/** Its first line says of what it was compiled. */
export function compiledMark(source: string): string {
  return `<!-- Compiled by kingpost mails build from ${createHash('sha256').update(source).digest('hex').slice(0, 32)} -->\n`
}

/** What is compiled: without what is said before it, which is `linesBefore` lines long, and with its partials. */
export function mjmlSource(file: MailFile, files: readonly MailFile[]): { readonly source: string; readonly linesBefore: number } {
  const { language } = nameOf(file.path, ownMailNames)
  const { body, lines } = frontOf(file.text)
  return { source: expanded(body, partialsIn(files, 'mjml', language)), linesBefore: lines }
}

/** Every mail of the project, and ours that it writes itself. `language`: of who does not say what they read. */
export function writtenMails(
  files: readonly MailFile[],
  mails: readonly AnyOwnMail[],
  language = 'en',
): WrittenMails & { readonly mistakes: MailMistake[] } {
  const mistakes: MailMistake[] = []
  const add = (path: string, message: string) => void mistakes.push({ path, message })
  const parts = partsOf(files, mails, add)
  const layouts = new Map(
    parts.filter(({ name }) => name === layoutName).map((part) => [`${layoutName}${ending(part)}`, layoutOf(part, add)]),
  )
  const templates = new Map<string, Template>()
  for (const mail of mails) if (mail.text !== null) templates.set(mail.name, inWords(mail))
  const byMail = Map.groupBy(
    parts.filter(({ name }) => name !== layoutName),
    (part) => `${part.name}${ending(part)}`,
  )
  for (const [key, of] of byMail) {
    const mail = mails.find(({ name }) => name === of[0]!.name)
    if (mail !== undefined && mail.text !== null) add(of[0]!.path, `the config has the words of ${mail.name}: take them out of one of both`)
    for (const part of of) checkNames(part, { files, mail }, add)
    const template = combined(of, mail, add)
    if (template !== null) templates.set(key, template)
  }
  for (const mail of mails)
    if (findWritten(templates, mail.name, language) === null && !files.some(({ path }) => nameOf(path, [mail.name]).name === mail.name))
      add(
        `mail ${mail.name}`,
        `has no words: give it a subject and a text, or write mails/${mail.name}.html beside the config${placeOf(mail)}`,
      )
  return { templates, layouts, mistakes }
}

function placeOf(mail: AnyOwnMail): string {
  const place = declarationOf(mail)?.place ?? ''
  return place === '' ? '' : ` (${place})`
}

const ending = ({ language }: Pick<Part, 'language'>) => (language === '' ? '' : `.${language}`)

/** Words of the config, in the look of all mails. */
function inWords({ subject, text, html, category }: AnyOwnMail): Template {
  const whole = html !== null && isWhole(html) ? { isWhole: true } : {}
  return { subject: subject!, text: text!, html: html === null ? null : dressed(html), ...(category && { category }), ...whole }
}

type Add = (path: string, message: string) => void

function partsOf(files: readonly MailFile[], mails: readonly AnyOwnMail[], add: Add): Part[] {
  const names = [...mails.map(({ name }) => name), ...ownMailNames, layoutName]
  return files.filter(({ path }) => /^mails\/[^/]+$/.test(path)).flatMap((file) => partOf(file, { names, files }, add) ?? [])
}

type Known = { readonly names: readonly string[]; readonly files: readonly MailFile[] }

function partOf(file: MailFile, { names, files }: Known, add: Add): Part | null {
  const { path } = file
  const { name, language, kind } = nameOf(path, names)
  if (kind === null) return wrong(`is no template: it ends in none of .html, .txt and .mjml`)
  if (!names.includes(name)) return wrong(`there is no mail ${name}${nearest(name, names)}`)
  const front = frontOf(file.text)
  if (front.mistake !== null) return wrong(front.mistake.message, `:${front.mistake.line}`)
  const part = { path, name, language, kind, said: front.said, linesBefore: front.lines }
  if (kind !== 'mjml') return { ...part, body: expanded(front.body, partialsIn(files, kind, language)) }
  const compiled = files.find((one) => one.path === compiledPath(path))?.text
  const mark = compiledMark(mjmlSource(file, files).source)
  if (compiled === undefined || !compiled.startsWith(mark)) return wrong('is not compiled as it stands: type kingpost mails build')
  return { ...part, body: compiled.slice(mark.length) }

  function wrong(message: string, line = ''): null {
    add(`${path}${line}`, message)
    return null
  }
}

/** `mails/order.shipped.de.html`: a name may have dots, and what is behind the last may be a language. */
function nameOf(path: string, names: readonly string[]) {
  const [, stem = '', kind = null] = /([^/]+)\.(html|txt|mjml)$/.exec(path) ?? []
  const [, base = stem, language = ''] = names.includes(stem) ? [] : (/^(.+)\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)$/.exec(stem) ?? [])
  return { name: base, language, kind: kind as Kind | null }
}

/** What stands before a template, between two lines of `---`: its subject, and what lists of mails show beside it. */
function frontOf(text: string) {
  const [whole = '', between = ''] = /^---\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m.exec(text) ?? []
  const isFront = whole !== '' && text.startsWith(whole)
  if (!isFront)
    return { said: {}, body: text, lines: 0, mistake: /^---\r?\n/.test(text) ? { line: 1, message: 'the first --- has no second' } : null }
  const said: Record<string, string> = {}
  let mistake: { readonly line: number; readonly message: string } | null = null
  for (const [index, line] of between.split(/\r?\n/).entries()) {
    const [, key = '', value = ''] = /^([a-zA-Z]+):\s*(.*?)\s*$/.exec(line) ?? []
    if (line.trim() === '') continue
    if (key === 'subject' || key === 'preheader') said[key] = value
    else mistake ??= { line: index + 2, message: `must be subject: … or preheader: …, not ${JSON.stringify(line.slice(0, 60))}` }
  }
  return { said, body: text.slice(whole.length), lines: whole.split('\n').length - 1, mistake }
}

type Partials = (name: string) => MailFile | null

function partialsIn(files: readonly MailFile[], kind: Kind, language: string): Partials {
  const byName = new Map(files.map((file) => [file.path, file]))
  const endings = [`.${language}`, `.${language.split('-')[0]}`, '']
  return (name) => endings.map((one) => byName.get(`mails/partials/${name}${one}.${kind}`)).find((found) => found !== undefined) ?? null
}

/** Deeper they are a circle, which is told where names are looked at. */
function expanded(text: string, partials: Partials, depth = 0): string {
  return text.replaceAll(/\{\{>\s*([\w-]+)\s*\}\}/g, (whole, name: string) => {
    const found = name === 'content' || depth > limits.mailPartialsDeep ? null : partials(name)
    return found === null ? whole : expanded(found.text.replace(/\r?\n$/, ''), partials, depth + 1)
  })
}

/** Each name in it is one that the mail is given, and values stay text. */
function checkNames(
  part: Part,
  { files, mail }: { readonly files: readonly MailFile[]; readonly mail: AnyOwnMail | undefined },
  add: Add,
): void {
  const { path, name, kind, language, said } = part
  const example = { ...exampleOf(name, mail), shop: '', accent: { ground: '', text: '' }, unsubscribeUrl: '' }
  const source = files.find((file) => file.path === path)!
  const { body, lines } = frontOf(source.text)
  const partials = partialsIn(files, kind, language)
  const teller = (of: string, text: string, before: number) => (at: number, message: string) =>
    add(`${of}:${text.slice(0, at).split('\n').length + before}`, message)
  checkPlaceholders({
    text: body,
    example,
    tell: teller(path, body, lines),
    partial: (one) => {
      const found = partials(one)
      return found === null ? null : { text: found.text, tell: teller(found.path, found.text, 0) }
    },
  })
  for (const [key, text] of Object.entries(said)) {
    const line = source.text.split('\n').findIndex((one) => one.startsWith(`${key}:`)) + 1
    checkPlaceholders({ text, example, tell: (_, message) => add(`${path}:${line}`, message), partial: () => null })
  }
}

function exampleOf(name: string, mail: AnyOwnMail | undefined): Readonly<Record<string, unknown>> {
  if (mail !== undefined) return exampleData(mail)
  return isOwnTemplate(name) ? sampleView(name, 'en', 'https://example.com') : {}
}

/** What it is shown with: what its project gave for that, or something of each type. */
export function exampleData({ sample, data }: AnyOwnMail): Readonly<Record<string, unknown>> {
  return sample ?? (sampleOf(data) as Readonly<Record<string, unknown>>)
}

/** One template out of its files: HTML or MJML, and perhaps a text. Null where something is wrong. */
function combined(parts: readonly Part[], mail: AnyOwnMail | undefined, add: Add): Template | null {
  const [{ name, language, path }] = parts as [Part]
  const looks = parts.filter(({ kind }) => kind !== 'txt')
  if (looks.length > 1) add(path, `${looks[1]!.path} is the same mail: keep one of both`)
  const [look = null] = looks
  const plain = parts.find(({ kind }) => kind === 'txt') ?? null
  const ours = isOwnTemplate(name) ? ownTemplate(name, nearestLanguage(language)) : null
  const subject = look?.said['subject'] ?? plain?.said['subject'] ?? (look && titleIn(look.body)) ?? ours?.subject
  if (subject === undefined) {
    add(path, 'has no subject: begin the file with the lines "---", "subject: …" and "---"')
    return null
  }
  const preheader = look?.said['preheader'] ?? plain?.said['preheader']
  return {
    subject,
    text: plain?.body ?? textOfTemplate(look!.body),
    html: look && (isWhole(look.body) ? look.body : dressed(look.body)),
    ...(look !== null && isWhole(look.body) && { isWhole: true }),
    ...(preheader !== undefined && { preheader }),
    ...(language !== '' && { language }),
    ...(mail?.category && { category: mail.category }),
  }
}

function layoutOf({ path, kind, body }: Part, add: Add): MailLayout {
  const [head = '', foot, ...more] = body.split(content)
  if (kind === 'txt' || foot === undefined || more.length > 0 || !isWhole(body))
    add(path, `must be a whole document of HTML with ${content} once, where each mail goes`)
  const example = { subject: '', preheader: '', shop: '', unsubscribeUrl: '', language: '', accent: { ground: '', text: '' } }
  checkPlaceholders({ text: body, example, tell: (_, message) => add(path, message), partial: () => null })
  return { head, foot: foot ?? '' }
}
