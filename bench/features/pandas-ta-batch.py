"""Computes the same features with pandas-ta-classic, the fork of pandas-ta that is installable, in one batch over the bars of a file; TA-Lib, which it would call, is not installed beside it."""

import sys
from importlib.metadata import version

import pandas as pd
import pandas_ta_classic as ta
from rounds import read_bars, serve

open_, high, low, close, volume = (pd.Series(values) for values in read_bars(sys.argv[1]))


def batch():
    made = [
        ta.sma(close, 20), ta.ema(close, 20), ta.wma(close, 20), ta.hma(close, 20), ta.dema(close, 20), ta.tema(close, 20), ta.rsi(close, 14),
        ta.stochrsi(close, 14, 14, 3, 3), ta.stoch(high, low, close, 14, 3, 3), ta.willr(high, low, close, 14), ta.cci(high, low, close, 20),
        ta.mfi(high, low, close, volume, 14), ta.aroon(high, low, 14), ta.macd(close, 12, 26, 9), ta.ppo(close, 12, 26), ta.atr(high, low, close, 14),
        ta.natr(high, low, close, 14), ta.bbands(close, 20, 2), ta.kc(high, low, close, 20, 2), ta.donchian(high, low, 20, 20), ta.adx(high, low, close, 14),
        ta.psar(high, low, close), ta.supertrend(high, low, close, 10, 3), ta.roc(close, 10), ta.mom(close, 10), ta.cmf(high, low, close, volume, length=20),
    ]  # fmt: skip
    return sum(1 if one.ndim == 1 else one.shape[1] for one in made)


serve(f"pandas-ta-classic {version('pandas-ta-classic')}, batch in pandas", lambda: batch() * len(close))
