/** The literal request bodies of the specification. */
export const singleRequest = {
  symbol: 'BTC/USDT',
  timestamp: '2024-01-15T10:30:00Z',
  features: { price: 45000.0, volume: 1000000.0, rsi: 65.5 },
  model_version: 'latest',
} as const

/** The literal batch body of the specification. */
export const batchRequest = {
  requests: [
    { symbol: 'BTC/USDT', timestamp: '2024-01-15T10:30:00Z' },
    { symbol: 'ETH/USDT', timestamp: '2024-01-15T10:30:00Z' },
  ],
  model_version: 'latest',
} as const
