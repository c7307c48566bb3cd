// The mails to staff. Those to customers and accounts are in their languages: order-templates.ts, account-templates.ts.
import type { Template } from './render.ts'

/** In the project's colour, which `queueEmail` gives. */
export const buttonStyle =
  'display:inline-block;padding:12px 20px;border-radius:8px;background:{{accent.ground}};color:{{accent.text}};text-decoration:none;font-weight:600'

export const templates = {
  /** {shop, url, address, reason} */
  webhook_disabled: {
    subject: 'A webhook of {{shop}} is switched off',
    text: `The webhook to {{address}} is switched off. {{reason}}

What happens is not told to it any more. Mend the receiver, switch the webhook on again, and send what it missed again: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">A webhook is switched off</h1>
<p>The webhook to <strong>{{address}}</strong> is switched off. {{reason}}</p>
<p>What happens is not told to it any more. Mend the receiver, switch the webhook on again, and send what it missed again.</p>
<p><a href="{{url}}" style="${buttonStyle}">Open the console</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, amount, until, url} */
  authorization_ending: {
    subject: 'Capture the payment of order {{number}} at {{shop}} soon',
    text: `{{amount}} of order {{number}} are authorized and not captured. The authorization ends on {{until}}.

After that the customer must pay again. Capture it, or give it up: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">An authorization ends soon</h1>
<p><strong>{{amount}}</strong> of order <strong>{{number}}</strong> are authorized and not captured. The authorization ends on {{until}}.</p>
<p>After that the customer must pay again. Capture it, or give it up.</p>
<p><a href="{{url}}" style="${buttonStyle}">Open the order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },
} as const satisfies Record<string, Template>

export type TemplateName = keyof typeof templates
