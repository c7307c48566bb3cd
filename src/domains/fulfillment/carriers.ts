// Where parcels can be followed: an address for each carrier that we know and each that the config adds, with `{number}` in it. Nobody is
// called: it is a link for people.
import { parseWebAddress } from '../../base/web-address.ts'

/** Of the carriers' own pages, 2026. Carriers of other countries have pages of their own: the config says which. */
const known: Readonly<Record<string, string>> = {
  dhl: 'https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}',
  'dhl-de': 'https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}',
  dpd: 'https://tracking.dpd.de/status/en_US/parcel/{number}',
  fedex: 'https://www.fedex.com/fedextrack/?trknbr={number}',
  gls: 'https://gls-group.com/track/{number}',
  hermes: 'https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{number}',
  'post-at': 'https://www.post.at/s/sendungsdetails?snr={number}',
  'royal-mail': 'https://www.royalmail.com/track-your-item#/tracking-results/{number}',
  'swiss-post': 'https://service.post.ch/ekp-web/ui/entry/search/{number}',
  ups: 'https://www.ups.com/track?tracknum={number}',
  usps: 'https://tools.usps.com/go/TrackConfirmAction?tLabels={number}',
}

export type Carriers = Readonly<Record<string, string>>

/** `DHL DE` and `dhl-de` are one. Null where nobody knows the carrier. */
export function trackingUrl(own: Carriers, carrier: string, number: string): string | null {
  const name = carrier
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-')
  const template = [own, known].find((all) => Object.hasOwn(all, name))?.[name]
  return template === undefined ? null : template.replaceAll('{number}', () => encodeURIComponent(number))
}

/** What a config may say: an address with one place for the number. */
export function isTrackingTemplate(text: string): boolean {
  return text.includes('{number}') && parseWebAddress(text.replaceAll('{number}', '0')) !== null
}
