/** Owns what an order's three states mean to the person who placed it. */
import type { Order, Payment } from 'kingpost/client'

export type OrderStory = {
  /** `waiting` changes by itself, `acting` needs the customer, the others are ends. */
  mood: 'waiting' | 'acting' | 'good' | 'over'
  /** One or two words for a list. */
  label: string
  title: string
  text: string
}

/** `isBack`: the customer has just come from the bank, whose answer may take a moment longer than the browser. */
export function tellOrder(order: Order, payment: Payment | undefined, isBack = false): OrderStory {
  return tellAdded(order) ?? tellMoney(order) ?? tellEnd(order) ?? tellUnpaid(order, payment, isBack)
}

/** What the shop added to an order that was placed: its page takes no money for it, the link that the shop sends does. */
function tellAdded({ status, holds, paymentStatus, email }: Order): OrderStory | null {
  if (status !== 'placed') return null
  if (holds?.includes('exchange')) {
    const text = 'Your new books are put aside. They are sent once what you send back is here, and until then there is nothing to pay.'
    return { mood: 'waiting', label: 'Exchange', title: 'Your exchange is on its way', text }
  }
  if (!holds?.includes('payment_due') && paymentStatus !== 'partially_paid') return null
  const text = `Please use the link to pay that we send to ${email}. The rest is sent once it is paid.`
  return { mood: 'acting', label: 'To be paid', title: 'A part is still to be paid', text }
}

/** Money that moved comes first: it is what a customer wants to know, whatever else happened. */
function tellMoney(order: Order): OrderStory | null {
  const back = 'The money goes back the way it came.'
  const text = `We have written to ${[order.email, order.accountEmail].filter(Boolean).join(' and ')}.`
  switch (order.paymentStatus) {
    case 'refunded':
      return { mood: 'over', label: 'Refunded', title: 'This order was refunded', text: back }
    case 'partially_refunded':
      return { mood: 'good', label: 'Partly refunded', title: 'A part was refunded', text: back }
    case 'voided':
      return {
        mood: 'over',
        label: 'Not charged',
        title: 'The payment was released',
        text: 'Nothing was charged.',
      }
    case 'authorized':
      return { mood: 'good', label: 'Placed', title: 'Thank you, your order is placed', text }
    case 'paid':
    case 'overcharged':
      return order.status === 'canceled' ? null : tellParcel(order, text)
    default:
      return null
  }
}

/** Whether all of it is downloaded: no parcel is made of it. */
export function isDigital({ lines }: Pick<Order, 'lines'>): boolean {
  return lines.length > 0 && lines.every((line) => line.isDigital === true)
}

function tellParcel(order: Order, text: string): OrderStory {
  if (isDigital(order)) {
    const isOpen = order.fulfillmentStatus === 'fulfilled'
    const title = isOpen ? 'Your books are ready to download' : 'Thank you, your order is paid'
    return { mood: 'good', label: isOpen ? 'Delivered' : 'Paid', title, text: isOpen ? text : `${text} The download opens in a moment.` }
  }
  switch (order.fulfillmentStatus) {
    case 'fulfilled':
      return { mood: 'good', label: 'Sent', title: 'Your books are on their way', text }
    case 'returned':
      return { mood: 'over', label: 'Returned', title: 'Your books came back', text }
    default:
      return {
        mood: 'good',
        label: 'Paid',
        title: 'Thank you, your order is paid',
        text: `${text} The parcel goes out tomorrow.`,
      }
  }
}

function tellEnd(order: Order): OrderStory | null {
  if (order.status === 'canceled') {
    const text = 'If you have paid, the money is on its way back to you.'
    return { mood: 'over', label: 'Canceled', title: 'This order was canceled', text }
  }
  if (order.status === 'expired') {
    const text = isDigital(order) ? 'It was not paid in time.' : 'It was not paid in time, so the books went back on the shelf.'
    return { mood: 'over', label: 'Expired', title: 'This order has expired', text }
  }
  return null
}

function tellUnpaid(order: Order, payment: Payment | undefined, isBack: boolean): OrderStory {
  // Nothing of it runs out.
  const held = isDigital(order) ? '' : 'Your books are held for you. '
  if (payment?.status === 'canceled') {
    return {
      mood: 'acting',
      label: 'Not paid',
      title: 'You have not paid yet',
      text: `Nothing was charged. ${held}Please pay when you are ready.`,
    }
  }
  if (payment && hasFailed(payment)) {
    return {
      mood: 'acting',
      label: 'Declined',
      title: 'The payment was declined',
      text: `Nothing was charged. ${held}Please try another way to pay.`,
    }
  }
  if (payment?.action?.type === 'transfer') {
    return {
      mood: 'acting',
      label: 'Awaiting transfer',
      title: 'Please transfer the money',
      text: `${held}They ${isDigital(order) ? 'can be downloaded' : 'are sent'} when it has arrived. You find the account here and in your mail.`,
    }
  }
  if (payment?.action && !isBack) return { mood: 'acting', label: 'Awaiting approval', ...tellPage(payment) }
  return {
    mood: 'waiting',
    label: 'Awaiting payment',
    title: 'Waiting for your payment',
    text: 'This page changes by itself as soon as the money is confirmed. You may also close it.',
  }
}

/** With the sandbox's cards it is the bank's page that waits, else the provider's, where the payment is made. */
export function tellPage({ provider }: Pick<Payment, 'provider'>): { title: string; text: string; link: string } {
  if (provider === 'sandbox')
    return { title: 'Your bank wants you to approve', text: 'Go to your bank’s page to finish paying.', link: 'Go to my bank' }
  return { title: 'Your payment is not finished', text: 'It waits for you on the payment page.', link: 'Go on to pay' }
}

/** The contract leaves the names of a payment's states open; these all end an attempt without money. */
export function hasFailed(payment: Payment): boolean {
  return /^(declined|failed|refused|canceled|abandoned|expired|reversed)$/.test(payment.status)
}

/** Also of what went back since. */
export function wasPaid({ paymentStatus }: Order): boolean {
  return ['paid', 'overcharged', 'partially_refunded', 'refunded'].includes(paymentStatus)
}

export function isFinal(order: Order): boolean {
  return order.status === 'expired' || order.status === 'canceled' || order.paymentStatus === 'paid'
}
