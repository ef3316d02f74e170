"""Computes features of the catalogue with TA-Lib in one batch, over the bars of a file."""

import sys

import talib
from rounds import read_bars, serve

open_, high, low, close, volume = read_bars(sys.argv[1])


def batch():
    rsi = talib.RSI(close, 14)
    return [
        talib.SMA(close, 20), talib.EMA(close, 20), talib.WMA(close, 20), talib.HMA(close, 20), talib.DEMA(close, 20), talib.TEMA(close, 20), rsi,
        *talib.STOCH(rsi, rsi, rsi, 14, 3, 0, 3, 0), *talib.STOCH(high, low, close, 14, 3, 0, 3, 0), talib.WILLR(high, low, close, 14),
        talib.CCI(high, low, close, 20), talib.MFI(high, low, close, volume, 14), *talib.AROON(high, low, 14), talib.AROONOSC(high, low, 14),
        *talib.MACD(close, 12, 26, 9), talib.PPO(close, 12, 26, 1), talib.ATR(high, low, close, 14), talib.NATR(high, low, close, 14),
        *talib.BBANDS(close, 20, 2, 2, 0)[::2], *talib.KC(high, low, close, 20, 10, 2)[::2], talib.MAX(high, 20), talib.MIN(low, 20),
        talib.PLUS_DI(high, low, close, 14), talib.MINUS_DI(high, low, close, 14), talib.ADX(high, low, close, 14), talib.SAR(high, low, 0.02, 0.2),
        *talib.SUPERTREND(high, low, close, 10, 3), talib.ROC(close, 10), talib.MOM(close, 10), talib.CMF(high, low, close, volume, 20),
    ]


serve(f"TA-Lib {talib.__version__}, batch in C from Python", lambda: len(batch()) * len(close))
