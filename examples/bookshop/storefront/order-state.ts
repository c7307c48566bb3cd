/** Owns what an order's three states mean to the person who placed it. */
import type { Order, Payment } from '/client/index.ts'

export type OrderStory = {
  /** `waiting` changes by itself, `acting` needs the customer, the others are ends. */
  mood: 'waiting' | 'acting' | 'good' | 'over'
  title: string
  text: string
}

export function tellOrder(order: Order, payment: Payment | undefined): OrderStory {
  const paid = tellPaid(order)
  if (paid) return paid
  switch (order.status) {
    case 'canceled':
      return { mood: 'over', title: 'This order was canceled', text: 'Nothing is owed on it.' }
    case 'expired':
      return {
        mood: 'over',
        title: 'This order has expired',
        text: 'It was not paid in time, so the books went back on the shelf.',
      }
    default:
      return tellUnpaid(payment)
  }
}

function tellPaid(order: Order): OrderStory | null {
  const mail = `We have written to ${order.email}.`
  switch (order.paymentStatus) {
    case 'refunded':
      return { mood: 'over', title: 'This order was refunded', text: mail }
    case 'partially_refunded':
      return { mood: 'good', title: 'Part of this order was refunded', text: mail }
    case 'voided':
      return { mood: 'over', title: 'The payment was released', text: 'Nothing was charged.' }
    case 'paid':
    case 'overcharged':
      if (order.status === 'canceled') return null
      return { mood: 'good', ...sentText(order, mail) }
    case 'authorized':
      return { mood: 'good', title: 'Thank you, your order is placed', text: mail }
    default:
      return null
  }
}

function sentText(order: Order, mail: string): { title: string; text: string } {
  if (order.fulfillmentStatus === 'fulfilled') {
    return { title: 'Your books are on their way', text: mail }
  }
  if (order.fulfillmentStatus === 'returned') return { title: 'Your books came back', text: mail }
  return { title: 'Thank you, your order is paid', text: `${mail} The parcel goes out tomorrow.` }
}

function tellUnpaid(payment: Payment | undefined): OrderStory {
  if (payment && hasFailed(payment)) {
    return {
      mood: 'acting',
      title: 'The payment was declined',
      text: 'Nothing was charged. Your books are held for you; please try another way to pay.',
    }
  }
  if (payment?.action) {
    return {
      mood: 'acting',
      title: 'Your bank wants you to approve',
      text: 'Go to your bank’s page to finish paying.',
    }
  }
  return {
    mood: 'waiting',
    title: 'Waiting for your payment',
    text: 'This page changes by itself as soon as the money is confirmed. You may also close it.',
  }
}

/** The contract leaves the names of a payment's states open; these all end an attempt without money. */
export function hasFailed(payment: Payment): boolean {
  return /^(declined|failed|refused|canceled|abandoned|expired|voided)$/.test(payment.status)
}

export function isFinal(order: Order): boolean {
  return order.status === 'expired' || order.status === 'canceled' || order.paymentStatus === 'paid'
}
