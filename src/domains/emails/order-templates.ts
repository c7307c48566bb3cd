// The mails of orders after they were placed, in each language: what was sent, canceled and sent back. `url` leads to the order.
import type { Language } from '../../base/language.ts'
import type { Template } from './render.ts'
import { type Words, writtenTemplate } from './written-template.ts'

const english = {
  /** {number, url, items, tracking, isRest}; `isRest`: more of it is yet to come */
  order_shipped: {
    subject: 'Order {{number}} at {{shop}} is on its way',
    heading: 'Your parcel is on its way',
    lines: ['We have sent this of your order {{number}}:'],
    hasItems: true,
    hasTracking: true,
    button: 'See your order',
    after: [['isRest', 'The rest of your order follows in another parcel.']],
  },
  /** {number, url, items, back}; `back` may be empty: nothing was charged for it */
  order_units_canceled: {
    subject: 'A part of order {{number}} at {{shop}} is canceled',
    heading: 'A part of your order is canceled',
    lines: ['This of your order {{number}} will not be sent:'],
    hasItems: true,
    button: 'See your order',
    after: [
      ['back', '{{back}} go back the way you paid.'],
      ['^back', 'You are not charged for it.'],
    ],
  },
  /** {number, url, items} */
  return_requested: {
    subject: 'Your return of order {{number}} at {{shop}}',
    heading: 'We have your request',
    lines: ['You want to send this of your order {{number}} back:'],
    hasItems: true,
    button: 'See your order',
    after: ['Please wait for our answer before you send anything.'],
  },
  /** {number, url, items, instructions} */
  return_approved: {
    subject: 'Send back what you returned of order {{number}}',
    heading: 'You can send it back',
    lines: ['Please send this of your order {{number}} back:'],
    hasItems: true,
    button: 'See your order',
    after: [['instructions', '{{instructions}}']],
  },
  /** {number, url, reason} */
  return_rejected: {
    subject: 'Your return of order {{number}} at {{shop}}',
    heading: 'We cannot take it back',
    lines: ['We cannot take back what you asked for of your order {{number}}.', ['reason', '{{reason}}']],
    button: 'See your order',
    after: ['If you think that this is wrong, answer this mail.'],
  },
  /** {number, url, items, back, deduction}; either may be empty */
  return_completed: {
    subject: 'Your return of order {{number}} at {{shop}} has arrived',
    heading: 'Thank you, it has arrived',
    lines: ['We have this of your order {{number}} back:'],
    hasItems: true,
    button: 'See your order',
    after: [
      ['back', '{{back}} go back to you.'],
      ['^back', 'No money goes back for it.'],
      ['deduction', '{{deduction}} were deducted.{{#reason}} {{reason}}{{/reason}}'],
    ],
  },
  /** {number, url, text} */
  order_note: {
    subject: 'About your order {{number}} at {{shop}}',
    heading: 'About your order {{number}}',
    lines: ['{{text}}'],
    button: 'See your order',
    after: [],
  },
  /** {number, url} */
  order_link: {
    subject: 'Your order {{number}} at {{shop}}',
    heading: 'Your order {{number}}',
    lines: ['Somebody, probably you, asked for a link to your order {{number}} at {{shop}}.'],
    button: 'See your order',
    after: ['Whoever has the link sees the order: pass it on to nobody. If you did not ask for it, there is nothing to do.'],
  },
} as const satisfies Readonly<Record<string, Words>>

export type OrderTemplate = keyof typeof english

const german: Readonly<Record<OrderTemplate, Words>> = {
  order_shipped: {
    subject: 'Bestellung {{number}} bei {{shop}} ist unterwegs',
    heading: 'Ihr Paket ist unterwegs',
    lines: ['Das haben wir von Ihrer Bestellung {{number}} verschickt:'],
    hasItems: true,
    hasTracking: true,
    button: 'Bestellung ansehen',
    after: [['isRest', 'Der Rest Ihrer Bestellung folgt in einem weiteren Paket.']],
  },
  order_units_canceled: {
    subject: 'Ein Teil der Bestellung {{number}} bei {{shop}} ist storniert',
    heading: 'Ein Teil Ihrer Bestellung ist storniert',
    lines: ['Das wird von Ihrer Bestellung {{number}} nicht verschickt:'],
    hasItems: true,
    button: 'Bestellung ansehen',
    after: [
      ['back', '{{back}} gehen auf dem Weg zurück, auf dem Sie bezahlt haben.'],
      ['^back', 'Es wird Ihnen nicht berechnet.'],
    ],
  },
  return_requested: {
    subject: 'Ihre Rücksendung zu Bestellung {{number}} bei {{shop}}',
    heading: 'Wir haben Ihre Anfrage',
    lines: ['Sie möchten das von Ihrer Bestellung {{number}} zurückschicken:'],
    hasItems: true,
    button: 'Bestellung ansehen',
    after: ['Bitte warten Sie auf unsere Antwort, bevor Sie etwas zurückschicken.'],
  },
  return_approved: {
    subject: 'Schicken Sie zurück, was Sie von Bestellung {{number}} zurückgeben',
    heading: 'Sie können es zurückschicken',
    lines: ['Bitte schicken Sie das von Ihrer Bestellung {{number}} zurück:'],
    hasItems: true,
    button: 'Bestellung ansehen',
    after: [['instructions', '{{instructions}}']],
  },
  return_rejected: {
    subject: 'Ihre Rücksendung zu Bestellung {{number}} bei {{shop}}',
    heading: 'Wir können es nicht zurücknehmen',
    lines: ['Wir können nicht zurücknehmen, was Sie von Ihrer Bestellung {{number}} zurückgeben wollten.', ['reason', '{{reason}}']],
    button: 'Bestellung ansehen',
    after: ['Wenn Sie meinen, dass das falsch ist, antworten Sie auf diese Mail.'],
  },
  return_completed: {
    subject: 'Ihre Rücksendung zu Bestellung {{number}} bei {{shop}} ist angekommen',
    heading: 'Danke, es ist angekommen',
    lines: ['Das haben wir von Ihrer Bestellung {{number}} zurück:'],
    hasItems: true,
    button: 'Bestellung ansehen',
    after: [
      ['back', '{{back}} gehen an Sie zurück.'],
      ['^back', 'Dafür wird nichts erstattet.'],
      ['deduction', '{{deduction}} wurden abgezogen.{{#reason}} {{reason}}{{/reason}}'],
    ],
  },
  order_note: {
    subject: 'Zu Ihrer Bestellung {{number}} bei {{shop}}',
    heading: 'Zu Ihrer Bestellung {{number}}',
    lines: ['{{text}}'],
    button: 'Bestellung ansehen',
    after: [],
  },
  order_link: {
    subject: 'Ihre Bestellung {{number}} bei {{shop}}',
    heading: 'Ihre Bestellung {{number}}',
    lines: ['Jemand, vermutlich Sie, hat einen Link zu Ihrer Bestellung {{number}} bei {{shop}} angefordert.'],
    button: 'Bestellung ansehen',
    after: ['Wer den Link hat, sieht die Bestellung: Geben Sie ihn niemandem. Haben Sie ihn nicht angefordert, müssen Sie nichts tun.'],
  },
}

const words: Readonly<Record<Language, Readonly<Record<OrderTemplate, Words>>>> = { en: english, de: german }

/** A template with its name, as `queueEmail` takes it. */
export function orderTemplate(name: OrderTemplate, language: Language): Template & { readonly name: string } {
  return writtenTemplate(name, language, words[language][name])
}
