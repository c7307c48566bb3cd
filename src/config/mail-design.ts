// How mails look, out of what a config says of it. Whatever the colour: what is written in it, and on it, can be read by day and by night.
import { parseColor, type Rgb, readableOn, textOn, white, writtenColor } from '../base/color.ts'
import { postalLines } from '../base/postal-form.ts'
import type { BackendConfig } from './backend-config.ts'
import type { MailColors, MailDesign } from './project.ts'
import { sellerOf } from './tax.ts'

export const defaultAccent = '#1f4d3a'

/** What stands behind a mail's words by night: in domains/emails/layout-templates.ts. */
const nightCard: Rgb = [32, 32, 30]

type Given = Pick<BackendConfig<never>, 'name' | 'mail' | 'accounts' | 'shop'>

export function mailDesignOf({ name, mail, accounts, shop }: Given, publicUrl: string): MailDesign {
  const { logo, logoWidth = 140, color = accounts?.accent ?? defaultAccent, address } = mail?.design ?? {}
  const accent = parseColor(color)
  const atNight = readableOn(nightCard, accent)
  return {
    logo: logo === undefined ? null : { url: logo.startsWith('/') ? `${publicUrl}${logo}` : logo, width: logoWidth },
    address: address ?? (shop ? sellerLines(name, shop) : []),
    day: { ...buttonOf(accent), link: writtenColor(readableOn(white, accent)) },
    night: { ...buttonOf(atNight), link: writtenColor(atNight) },
  }
}

function buttonOf(accent: Rgb): Pick<MailColors, 'button' | 'onButton'> {
  return { button: writtenColor(accent), onButton: writtenColor(textOn(accent)) }
}

function sellerLines(name: string, shop: { readonly seller?: Parameters<typeof sellerOf>[0] }): readonly string[] {
  const seller = sellerOf(shop.seller)
  if (seller === null) return []
  return [seller.name === name ? name : `${name}, ${seller.name}`, ...postalLines(seller.address)]
}
