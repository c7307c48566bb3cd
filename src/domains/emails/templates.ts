// The product's own messages. A key names what is said; the view's fields are listed beside it. What a stranger types
// is never prose in a mail to somebody else: names of people stand in an address alone, as part of it, and only where money
// was paid.
import type { Template } from './render.ts'

/** In the project's colour, which `queueEmail` gives. */
export const buttonStyle =
  'display:inline-block;padding:12px 20px;border-radius:8px;background:{{accent.ground}};color:{{accent.text}};text-decoration:none;font-weight:600'

export const templates = {
  /** {shop, number, url, lines: [{title, quantity, total}], subtotal, discount, shipping, taxAdded, total, taxIncluded, address[]}; amounts of nothing are empty */
  order_receipt: {
    subject: 'Your order {{number}} at {{shop}}',
    text: `Thank you!

Your order {{number}} is placed{{#isPaid}}, and your payment has arrived{{/isPaid}}.

{{#lines}}
{{quantity}} x {{title}}  {{total}}
{{/lines}}

Subtotal  {{subtotal}}
{{#discount}}
Discount  -{{discount}}
{{/discount}}
Shipping  {{shipping}}
{{#taxAdded}}
Tax       {{taxAdded}}
{{/taxAdded}}
Total     {{total}}
{{#taxIncluded}}
Including {{taxIncluded}} tax
{{/taxIncluded}}

{{#isPaid}}
It goes to:
{{#address}}
{{.}}
{{/address}}

{{/isPaid}}
See your order: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Thank you!</h1>
<p style="margin:0 0 24px">Your order <strong>{{number}}</strong> is placed{{#isPaid}}, and your payment has arrived{{/isPaid}}.</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-top:1px solid #e4e4de">
{{#lines}}<tr><td style="padding:10px 0;border-bottom:1px solid #e4e4de">{{quantity}} × {{title}}</td><td align="right" style="padding:10px 0;border-bottom:1px solid #e4e4de;white-space:nowrap">{{total}}</td></tr>{{/lines}}
<tr><td style="padding:10px 0 2px;color:#6b6b66">Subtotal</td><td align="right" style="padding:10px 0 2px;color:#6b6b66">{{subtotal}}</td></tr>
{{#discount}}<tr><td style="padding:2px 0;color:#6b6b66">Discount</td><td align="right" style="padding:2px 0;color:#6b6b66">-{{discount}}</td></tr>{{/discount}}
<tr><td style="padding:2px 0;color:#6b6b66">Shipping</td><td align="right" style="padding:2px 0;color:#6b6b66">{{shipping}}</td></tr>
{{#taxAdded}}<tr><td style="padding:2px 0;color:#6b6b66">Tax</td><td align="right" style="padding:2px 0;color:#6b6b66">{{taxAdded}}</td></tr>{{/taxAdded}}
<tr><td style="padding:8px 0;font-weight:600">Total</td><td align="right" style="padding:8px 0;font-weight:600">{{total}}</td></tr></table>
{{#taxIncluded}}<p style="margin:0 0 16px;font-size:14px;color:#6b6b66">Including {{taxIncluded}} tax</p>{{/taxIncluded}}
{{#isPaid}}<p style="margin:16px 0 24px;color:#6b6b66">It goes to<br>{{#address}}{{.}}<br>{{/address}}</p>{{/isPaid}}
<p style="margin:0 0 8px"><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, reason} */
  order_unmatched: {
    subject: 'Your payment for order {{number}} at {{shop}}',
    text: `Your payment for order {{number}} arrived after the order was closed ({{reason}}).

We are sending the money back to you. You need not do anything.

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your money is on its way back</h1>
<p>Your payment for order <strong>{{number}}</strong> arrived after the order was closed ({{reason}}). We are sending the money back to you. You need not do anything.</p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

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

  /** {shop, url, lines: [{title, quantity}]} */
  cart_reminder: {
    subject: 'Your cart at {{shop}}',
    text: `You left something in your cart:

{{#lines}}
{{quantity}} x {{title}}
{{/lines}}

It is still there: {{url}}

You get this once. Nothing is ordered, and nothing is kept for you.

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your cart is still there</h1>
<ul style="margin:0 0 16px;padding-left:20px">{{#lines}}<li>{{quantity}} x {{title}}</li>{{/lines}}</ul>
<p><a href="{{url}}" style="${buttonStyle}">Go to your cart</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">You get this once. Nothing is ordered, and nothing is kept for you.<br>{{shop}}</p>`,
  },

  /** {shop, number, url, isPaid} */
  order_canceled: {
    subject: 'Order {{number}} at {{shop}} is canceled',
    text: `Your order {{number}} is canceled. {{#isPaid}}What you paid goes back the way it came.{{/isPaid}}{{^isPaid}}Nothing was charged.{{/isPaid}}

{{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your order is canceled</h1>
<p>Order <strong>{{number}}</strong> is canceled. {{#isPaid}}What you paid goes back the way it came.{{/isPaid}}{{^isPaid}}Nothing was charged.{{/isPaid}}</p>
<p><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, url, amount, holder, iban, bic, reference, day}; `bic` may be null, `day` empty */
  transfer_instructions: {
    subject: 'How to pay order {{number}} at {{shop}}',
    text: `Thank you for your order {{number}}. It is sent when your money has arrived.

Please transfer {{amount}}{{#day}} by {{day}}{{/day}} to:

Account holder  {{holder}}
IBAN            {{iban}}
{{#bic}}
BIC             {{bic}}
{{/bic}}
Reference       {{reference}}

Write the reference with it, so that we know whose money it is.

See your order, or pay another way: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">How to pay your order</h1>
<p style="margin:0 0 16px">Thank you for your order <strong>{{number}}</strong>. It is sent when your money has arrived.</p>
<p style="margin:0 0 16px">Please transfer <strong>{{amount}}</strong>{{#day}} by <strong>{{day}}</strong>{{/day}} to:</p>
<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 16px">
<tr><td style="padding:4px 16px 4px 0;color:#6b6b66">Account holder</td><td style="padding:4px 0">{{holder}}</td></tr>
<tr><td style="padding:4px 16px 4px 0;color:#6b6b66">IBAN</td><td style="padding:4px 0;white-space:nowrap">{{iban}}</td></tr>
{{#bic}}<tr><td style="padding:4px 16px 4px 0;color:#6b6b66">BIC</td><td style="padding:4px 0">{{bic}}</td></tr>{{/bic}}
<tr><td style="padding:4px 16px 4px 0;color:#6b6b66">Reference</td><td style="padding:4px 0"><strong>{{reference}}</strong></td></tr></table>
<p style="margin:0 0 16px">Write the reference with it, so that we know whose money it is.</p>
<p><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, url} */
  payment_failed: {
    subject: 'Your payment for order {{number}} at {{shop}} did not arrive',
    text: `Your payment for order {{number}} has failed. Nothing was charged.

You can try again while the order is open, or order again later: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your payment did not arrive</h1>
<p>Your payment for order <strong>{{number}}</strong> has failed. Nothing was charged. You can try again while the order is open, or order again later.</p>
<p><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, url, isPaid} */
  order_expired: {
    subject: 'Order {{number}} at {{shop}} was not paid in time',
    text: `Your order {{number}} was not paid in time and is closed.
{{#isPaid}}
What you paid goes back the way it came.
{{/isPaid}}
{{^isPaid}}
Nothing was charged.
{{/isPaid}}

{{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your order is closed</h1>
<p>Order <strong>{{number}}</strong> was not paid in time and is closed.</p>
<p>{{#isPaid}}What you paid goes back the way it came.{{/isPaid}}{{^isPaid}}Nothing was charged.{{/isPaid}}</p>
<p><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
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

  /** {shop, number, due, day, url} */
  payment_link: {
    subject: 'Pay for your order {{number}} at {{shop}}',
    text: `{{due}} of your order {{number}} are still to be paid.

Pay here until {{day}}, or pass the link on to whoever pays: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your order waits for its payment</h1>
<p><strong>{{due}}</strong> of your order <strong>{{number}}</strong> are still to be paid.
Pay until {{day}}, or pass the link on to whoever pays.</p>
<p><a href="{{url}}" style="${buttonStyle}">Pay {{due}}</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, value, lastFour, code, expires, message, url} */
  gift_card: {
    subject: 'Your gift card for {{shop}}',
    text: `You have a gift card for {{shop}}, worth {{value}}.
{{#message}}

{{message}}
{{/message}}

Its code: {{code}}

Type it when you check out at {{url}}. Whoever has the code can spend it: keep it like cash.{{#expires}} It is good until {{expires}}.{{/expires}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">You have a gift card</h1>
<p>It is for <strong>{{shop}}</strong>, and worth <strong>{{value}}</strong>.</p>
{{#message}}<p style="white-space:pre-line">{{message}}</p>{{/message}}
<p style="margin:0 0 4px;color:#6b6b66">Its code</p>
<p style="margin:0 0 24px;font-size:22px;font-weight:600;letter-spacing:1px">{{code}}</p>
<p>Type it when you check out. Whoever has the code can spend it: keep it like cash.{{#expires}} It is good until {{expires}}.{{/expires}}</p>
<p><a href="{{url}}" style="${buttonStyle}">Go to the shop</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, url, invoiceNumber, amount}; the invoice is attached */
  invoice: {
    subject: 'Your invoice {{invoiceNumber}} from {{shop}}',
    text: `The invoice {{invoiceNumber}} of your order {{number}} is attached. It comes to {{amount}}.

See your order: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your invoice</h1>
<p>The invoice <strong>{{invoiceNumber}}</strong> of your order <strong>{{number}}</strong> is attached. It comes to {{amount}}.</p>
<p><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },

  /** {shop, number, url, invoiceNumber, amount}; the credit note is attached */
  credit_note: {
    subject: 'Your credit note {{invoiceNumber}} from {{shop}}',
    text: `The credit note {{invoiceNumber}} of your order {{number}} is attached: {{amount}} less than its invoice says.

See your order: {{url}}

{{shop}}
`,
    html: `<h1 style="margin:0 0 8px;font-size:22px">Your credit note</h1>
<p>The credit note <strong>{{invoiceNumber}}</strong> of your order <strong>{{number}}</strong> is attached: {{amount}} less than its invoice says.</p>
<p><a href="{{url}}" style="${buttonStyle}">See your order</a></p>
<p style="margin:24px 0 0;font-size:14px;color:#6b6b66">{{shop}}</p>`,
  },
} as const satisfies Record<string, Template>

export type TemplateName = keyof typeof templates
