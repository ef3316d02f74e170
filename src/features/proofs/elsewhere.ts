const { Date: Here, performance } = globalThis
const moment = Here.UTC(1999, 11, 31, 23, 59, 58, 765)

class DateElsewhere extends Here {
  constructor(...words: [] | [number | string | Date]) {
    super(...((words.length === 0 ? [moment] : words) as [number]))
  }
  static override now(): number {
    return moment
  }
}

/** Does work at another time and with other chances than those of the machine, so that whatever rests on either gives something else than usual. */
export function elsewhere<T>(work: () => T): T {
  const { random } = Math
  globalThis.Date = DateElsewhere as DateConstructor
  Math.random = () => 0.123_456_789
  globalThis.performance = { now: () => moment } as typeof performance
  try {
    return work()
  } finally {
    globalThis.Date = Here
    Math.random = random
    globalThis.performance = performance
  }
}
