/** The specification's request as of the series' clock: three values from the caller, the other inputs from the feature store. */
export const predictBody = JSON.stringify({ symbol: 'BTC/USDT', features: { price: 45000, volume: 1000000, rsi: 65.5 }, model_version: 'latest' })
