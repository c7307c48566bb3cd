/**
 * A mail's HTML made ready for the preview frame. The frame's sandbox and the page's CSP are the wall;
 * this takes out what they would refuse anyway (each refusal is a line in the browser's console) and
 * counts the remote images, which are not loaded: they would tell the sender that staff has read the mail.
 */
export interface PreparedMail {
  html: string
  remoteImages: number
}

// One transparent pixel.
const nothing = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
const refused = 'script,iframe,frame,object,embed,base,link,meta,form[action],audio,video,source'

/** `scheme`: as it is by day or by night, whatever the browser is set to; left out, as the browser is. */
export function prepareMail(source: string, scheme?: 'light' | 'dark'): PreparedMail {
  // DOMParser makes an inert document: nothing in it loads or runs.
  const mail = new DOMParser().parseFromString(source, 'text/html')
  for (const element of mail.querySelectorAll(refused)) {
    if (element.tagName === 'FORM') element.removeAttribute('action')
    else element.remove()
  }
  let remoteImages = 0
  for (const element of mail.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) {
      if (/^on/i.test(name) || name === 'srcset' || name === 'background') element.removeAttribute(name)
    }
    const src = element.tagName === 'IMG' ? (element.getAttribute('src') ?? '') : 'data:'
    if (!src.startsWith('data:')) {
      remoteImages += 1
      element.setAttribute('src', nothing)
    }
    const style = element.getAttribute('style')
    if (style !== null) element.setAttribute('style', withoutRemote(style))
    if (element.tagName === 'STYLE') element.textContent = inScheme(withoutRemote(element.textContent ?? ''), scheme)
  }
  // Mails are written for white paper; in a dark console they still are. Links open outside the frame.
  const head = mail.createElement('style')
  head.textContent = ':root{color-scheme:light;background:#fff}body{margin:16px;font-family:system-ui,sans-serif}'
  const target = mail.createElement('base')
  target.target = '_blank'
  mail.head.prepend(target, head)
  return { html: `<!doctype html>${mail.documentElement.outerHTML}`, remoteImages }
}

/** CSS without what it would fetch. */
export function withoutRemote(css: string): string {
  return css.replace(/@import[^;]+;?/gi, '').replace(/url\(\s*(['"]?)(?!\s*['"]?data:)[^)]*\)/gi, 'none')
}

/** CSS whose rules for day and night are those of one of both. */
export function inScheme(css: string, scheme: 'light' | 'dark' | undefined): string {
  if (scheme === undefined) return css
  return css.replace(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi, (_, asked: string) =>
    asked.toLowerCase() === scheme ? '(min-width:0)' : '(max-width:0)',
  )
}
