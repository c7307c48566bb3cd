// The mails to staff. Those to customers and accounts are in their languages: order-templates.ts, account-templates.ts.
import { button, heading, note, paragraph } from './layout-templates.ts'
import type { Template } from './render.ts'

export const templates = {
  /** {shop, url, address, reason} */
  webhook_disabled: {
    subject: 'A webhook of {{shop}} is switched off',
    text: `The webhook to {{address}} is switched off. {{reason}}

What happens is not told to it any more. Mend the receiver, switch the webhook on again, and send what it missed again: {{url}}

{{shop}}
`,
    html: [
      heading('A webhook is switched off'),
      paragraph('The webhook to <strong>{{address}}</strong> is switched off. {{reason}}'),
      button('Open the console'),
      note('What happens is not told to it any more. Mend the receiver, switch the webhook on again, and send what it missed again.'),
    ].join('\n'),
  },

  /** {shop, number, amount, until, url} */
  authorization_ending: {
    subject: 'Capture the payment of order {{number}} at {{shop}} soon',
    text: `{{amount}} of order {{number}} are authorized and not captured. The authorization ends on {{until}}.

After that the customer must pay again. Capture it, or give it up: {{url}}

{{shop}}
`,
    html: [
      heading('An authorization ends soon'),
      paragraph(
        '<strong>{{amount}}</strong> of order <strong>{{number}}</strong> are authorized and not captured. The authorization ends on {{until}}.',
      ),
      button('Open the order'),
      note('After that the customer must pay again. Capture it, or give it up.'),
    ].join('\n'),
  },
} as const satisfies Record<string, Template>

export type TemplateName = keyof typeof templates
