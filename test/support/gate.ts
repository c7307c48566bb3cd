// A point in a test where one waits until another one says go on.

export type Gate = { readonly opened: Promise<void>; open(): void }

export function createGate(): Gate {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
