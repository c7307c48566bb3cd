// Operations that take or tell of the fields that a project has added to its carts and orders. Part of the table of contents, operations.ts.
import { addCartLine } from '../domains/carts/add-cart-line.ts'
import { changeCartLine } from '../domains/carts/change-cart-line.ts'
import { claimCart } from '../domains/carts/claim-cart.ts'
import { createCart } from '../domains/carts/create-cart.ts'
import { getCartOperation } from '../domains/carts/get-cart.ts'
import { listShipping } from '../domains/carts/list-shipping.ts'
import { quoteTaxes } from '../domains/carts/quote-taxes.ts'
import { removeCartLine } from '../domains/carts/remove-cart-line.ts'
import { updateCart } from '../domains/carts/update-cart.ts'
import { checkOutCart } from '../domains/orders/check-out.ts'
import { createOrder } from '../domains/orders/create-order.ts'
import { updateOrder } from '../domains/orders/update-order.ts'
import type { Operation } from '../operation/define.ts'
import { ownFieldsOf, takingOwn, tellingOwn } from '../records/own-fields.ts'
import type { CollectionModel } from '../schema/model.ts'

/** With the fields that the project has added to carts. */
export function cartOperations(own: CollectionModel): Operation[] {
  const whole = [createCart, getCartOperation, updateCart, addCartLine, changeCartLine, removeCartLine, claimCart, quoteTaxes]
  const taking: readonly Operation[] = [createCart, updateCart]
  const made = whole.map((operation) => tellingOwn(taking.includes(operation) ? takingOwn(operation, own) : operation, own))
  return [...made, listShipping, checkOutCart]
}

/** And to orders: without any there is nothing to set by itself. */
export function ownOrderOperations(own: CollectionModel): Operation[] {
  return [takingOwn(createOrder, own), ...(ownFieldsOf(own).length === 0 ? [] : [takingOwn(updateOrder, own)])]
}
