import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailDesignOf } from '../../config/mail-design.ts'
import { Type } from '../../contract/type.ts'
import { type AnyOwnMail, defineMail } from './define-mail.ts'
import { compiledMark, type MailFile, mjmlSource, writtenMails } from './mail-files.ts'
import { findWritten, render } from './render.ts'

const welcome = defineMail('welcome', {
  data: Type.Object({ name: Type.String(), gifts: Type.Array(Type.Object({ title: Type.String() })), url: Type.String() }),
}) as AnyOwnMail
const look = { shop: 'Shop', design: mailDesignOf({ name: 'Shop' }, 'https://shop.example'), language: 'en' }
const fileOf = ([path, text]: readonly [string, string]): MailFile => ({ path: `mails/${path}`, text })
const written = (files: Readonly<Record<string, string>>, mails = [welcome]) => writtenMails(Object.entries(files).map(fileOf), mails)
const mistakesIn = (files: Readonly<Record<string, string>>, mails = [welcome]) =>
  written(files, mails).mistakes.map(({ path, message }) => `${path}: ${message}`)

/** What its reader gets. */
function read(files: Readonly<Record<string, string>>, view: object, language = 'en') {
  const { templates, layouts, mistakes } = written(files)
  assert.deepEqual(mistakes, [])
  const template = findWritten(templates, 'welcome', language)!
  return render(template, { ...view }, { ...look, layouts })
}

const front = '---\nsubject: Welcome, {{name}}\npreheader: Come in\n---\n'
const html = `${front}<h1>Hello {{name}}</h1>
{{#gifts}}<p>{{title}}</p>{{/gifts}}
<p><a class="button" href="{{url}}">Come in</a></p>
`
const ann = { name: 'Ann', gifts: [{ title: 'A pen' }, { title: 'A book' }], url: 'https://shop.example/in' }

test('a mail in HTML gets the look of all mails, and a text', () => {
  const mail = read({ 'welcome.html': html }, ann)
  assert.equal(mail.subject, 'Welcome, Ann')
  assert.equal(mail.text, 'Hello Ann\n\nA pen\n\nA book\n\nCome in: https://shop.example/in\n')
  for (const part of ['<h1 style=', '<p style="margin:0 0 16px">A pen</p>', '>Come in</div>', 'class="b"', 'dir="ltr"'])
    assert.ok(mail.html!.includes(part), part)
})

test('values stay text, whatever they are', () => {
  const evil = '</title><b>{{url}}</b>\r\nBcc: x@example.com ~unsubscribe~ \u0001'
  const { subject, text, html: drawn } = read({ 'welcome.html': html }, { ...ann, name: evil })
  assert.doesNotMatch(subject, /[\r\n]/)
  assert.ok(text.startsWith('Hello </title><b>{{url}}</b> Bcc: x@example.com'), text)
  assert.ok(!drawn!.includes('<b>') && drawn!.includes('&lt;b&gt;{{url}}'), drawn!)
})

test('each reader gets their language, then one that is like it, then what is for all', () => {
  const files = {
    'welcome.html': html,
    'welcome.de.html': html.replaceAll(/Hello|Welcome/g, 'Hallo'),
    'welcome.de-AT.html': html.replaceAll(/Hello|Welcome/g, 'Servus'),
  }
  const said = ['en', 'fr', 'de', 'de-CH', 'de-AT'].map((language) => read(files, ann, language).subject.split(',')[0])
  assert.deepEqual(said, ['Welcome', 'Welcome', 'Hallo', 'Hallo', 'Servus'])
  assert.match(read(files, ann, 'de-AT').html!, /<html lang="de-AT"/)
})

test('a text of its own, partials and a layout go before what is made', () => {
  const files = {
    'welcome.html': '{{> greeting}}<p>Look.</p>',
    'welcome.txt': `${front}Only for {{name}}.\n`,
    'partials/greeting.html': '<p>Dear {{> who}},</p>\n',
    'partials/who.html': '<b>{{name}}</b>\n',
    'layout.html': '<!doctype html><html lang="{{language}}"><title>{{subject}}</title><body>{{> content}}<i>{{shop}}</i></body></html>',
  }
  const { text, html: drawn } = read(files, ann)
  assert.equal(text, 'Only for Ann.\n')
  assert.equal(
    drawn,
    '<!doctype html><html lang="en"><title>Welcome, Ann</title><body><p style="margin:0 0 16px">Dear <b>Ann</b>,</p><p style="margin:0 0 16px">Look.</p><i>Shop</i></body></html>',
  )
})

test('a whole document stands in no layout, and what nobody asked for has its link there, too', () => {
  const news = { ...welcome, category: 'marketing' } as AnyOwnMail
  const whole = '<!doctype html><html lang="en"><head><title>Hi &amp; {{name}}</title></head><body><p>{{name}}</p></body></html>'
  const sent = (text: string) => {
    const { templates, mistakes } = written({ 'welcome.html': text }, [news])
    assert.deepEqual(mistakes, [])
    return render(templates.get('welcome')!, { ...ann, name: '~unsubscribe~' }, look)
  }
  const mail = sent(whole)
  assert.equal(mail.subject, 'Hi & -unsubscribe-')
  assert.match(
    mail.html!,
    /<p>-unsubscribe-<\/p><p style="[^"]+">No more mails like this: <a href="~unsubscribe~"[^>]*>Unsubscribe<\/a><\/p><\/body>/,
  )
  const placed = sent(whole.replace('<p>{{name}}</p>', '<a href="{{unsubscribeUrl}}">No more</a>'))
  assert.deepEqual([placed.html!.match(/~unsubscribe~/g)?.length, placed.text], [1, 'No more: ~unsubscribe~\n'])
})

test('a mail of ours is written in the words of the project, with its subject where the file has none', () => {
  const { templates, mistakes } = written({ 'account_code.html': '<p>{{code}}</p>', 'welcome.html': html })
  assert.deepEqual(mistakes, [])
  assert.deepEqual([templates.get('account_code')?.subject, templates.get('account_code')?.text], ['Your code for {{shop}}', '{{code}}\n'])
})

test('MJML is taken as it was compiled, and not once it was changed', () => {
  const file = { path: 'mails/welcome.mjml', text: `${front}<mjml>{{> foot}}</mjml>` }
  const partial = { path: 'mails/partials/foot.mjml', text: '<mj-text>{{name}}</mj-text>\n' }
  const { source, linesBefore } = mjmlSource(file, [file, partial])
  assert.deepEqual([source, linesBefore], ['<mjml><mj-text>{{name}}</mj-text></mjml>', 4])
  const compiled = { path: 'mails/compiled/welcome.html', text: `${compiledMark(source)}<!doctype html><html><body>{{name}}</body></html>` }
  const of = (files: readonly MailFile[]) => writtenMails(files, [welcome])
  assert.deepEqual(of([file, partial, compiled]).templates.get('welcome')?.text, '{{name}}\n')
  const stale = 'is not compiled as it stands: type kingpost mails build'
  for (const files of [
    [file, partial],
    [file, { ...partial, text: 'new' }, compiled],
    [{ ...file, text: file.text.replace('<mjml>', '<mjml lang="en">') }, partial, compiled],
  ])
    assert.deepEqual(of(files).mistakes, [{ path: 'mails/welcome.mjml', message: stale }])
})

test('what is wrong is said with its file, its line and what to do', () => {
  const rows: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [
      { 'welcome.html': `${front}<p>\n{{nmae}}</p>` },
      'mails/welcome.html:6: {{nmae}} is nothing that this mail is given; did you mean "name"?',
    ],
    [
      { 'welcome.html': `${front}{{#gifts}}{{titel}}{{/gifts}}` },
      'mails/welcome.html:5: {{titel}} is nothing that this mail is given; did you mean "title"?',
    ],
    [
      { 'welcome.html': html.replace('Welcome, {{name}}', '{{nam}}') },
      'mails/welcome.html:2: {{nam}} is nothing that this mail is given; did you mean "name"?',
    ],
    [{ 'welcome.html': `${front}\n{{#gifts}}` }, 'mails/welcome.html:6: is no template: unclosed section "gifts"'],
    [{ 'welcome.html': `${front}{{{name}}}` }, 'mails/welcome.html:5: {{{name}}} would not be escaped: write {{name}}'],
    [{ 'welcome.html': `${front}{{> foot}}` }, 'mails/welcome.html:5: there is no mails/partials/foot'],
    [{ 'welcome.html': `${front}{{> a}}`, 'partials/a.html': '\n{{> a}}' }, 'mails/partials/a.html:2: {{> a}} holds itself'],
    [
      { 'welcome.html': `${front}{{> a}}`, 'partials/a.html': '\n\n{{x}}' },
      'mails/partials/a.html:3: {{x}} is nothing that this mail is given',
    ],
    [{ 'welcome.html': '<p>Hi</p>' }, 'mails/welcome.html: has no subject: begin the file with the lines "---", "subject: …" and "---"'],
    [{ 'welcome.html': '---\nsubjekt: x\n---\n' }, 'mails/welcome.html:2: must be subject: … or preheader: …, not "subjekt: x"'],
    [{ 'welcome.html': '---\nsubject: x\n<p>' }, 'mails/welcome.html:1: the first --- has no second'],
    [{ 'welcome.html': html, 'welcom.html': html }, 'mails/welcom.html: there is no mail welcom; did you mean "welcome"?'],
    [{ 'welcome.html': html, 'welcome.css': '' }, 'mails/welcome.css: is no template: it ends in none of .html, .txt and .mjml'],
    [
      { 'welcome.html': html, 'layout.html': '<p>{{> content}}</p>' },
      'mails/layout.html: must be a whole document of HTML with {{> content}} once, where each mail goes',
    ],
    [{ 'account_reset.html': '{{code}}', 'welcome.html': html }, 'mails/account_reset.html:1: {{code}} is nothing that this mail is given'],
  ]
  for (const [files, mistake] of rows) assert.deepEqual(mistakesIn(files), [mistake])
  const hint = 'has no words: give it a subject and a text, or write mails/welcome.html beside the config'
  assert.deepEqual(mistakesIn({}), [`mail welcome: ${hint}`])
  const spoken = defineMail('spoken', { data: Type.Object({}), subject: 'x', text: 'y' }) as AnyOwnMail
  assert.deepEqual(mistakesIn({ 'spoken.txt': front.replace('{{name}}', '') }, [spoken]), [
    'mails/spoken.txt: the config has the words of spoken: take them out of one of both',
  ])
})
