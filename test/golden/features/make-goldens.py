"""Writes the golden values that the feature kernels are held to (src/features/kernels/parity.test.ts).

From the repository root, after `npm ci`:  python3 -m venv .venv && .venv/bin/pip install TA-Lib==0.8.2 numpy==2.4.6
                                           .venv/bin/python test/golden/features/make-goldens.py

Bars: URTH/USD hourly of 2025 from the npm package @typedtrader/candles. `talib.csv` holds what TA-Lib says; `exact.csv` holds what the definitions say, computed with 60
decimal digits from the exact values of the doubles and rounded once at the end. Bars 0 to 399, then every tenth; an empty cell means that there is no value.
"""

import json
import math
from datetime import datetime, timezone
from decimal import Decimal, getcontext
from pathlib import Path

import numpy as np
import talib

getcontext().prec = 60
root = Path(__file__).resolve().parents[3]
here = Path(__file__).resolve().parent
candles = json.loads((root / "node_modules/@typedtrader/candles/json/urth-2025-1h.json").read_text())
open_, high, low, close, volume = (np.array([float(c[k]) for c in candles]) for k in ("open", "high", "low", "close", "volume"))
open_time = [int(c["openTimeInMillis"]) for c in candles]
count = len(candles)
written = {i: None for i in range(count) if i < 400 or i % 10 == 0}


def talib_columns():
    macd, signal, hist = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2, 0)
    slow_k, slow_d = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    rsi = talib.RSI(close, 14)
    rsi_k, rsi_d = talib.STOCH(rsi, rsi, rsi, 14, 3, 0, 3, 0)
    keltner_upper, _, keltner_lower = talib.KC(high, low, close, 20, 10, 2)
    supertrend, side = talib.SUPERTREND(high, low, close, 10, 3)
    aroon_down, aroon_up = talib.AROON(high, low, 14)
    return {
        "sma(20)@1h": talib.SMA(close, 20),
        "ema_ratio(20)@1h": close / talib.EMA(close, 20) - 1,
        "wma(20)@1h": talib.WMA(close, 20),
        "dema(20)@1h": talib.DEMA(close, 20),
        "tema(20)@1h": talib.TEMA(close, 20),
        "ppo(12,26)@1h": talib.PPO(close, 12, 26, 1),
        "mom(10)@1h": talib.MOM(close, 10),
        "stoch_k(14,3,3)@1h": slow_k,
        "stoch_d(14,3,3)@1h": slow_d,
        "stochrsi_k(14,14,3,3)@1h": rsi_k,
        "stochrsi_d(14,14,3,3)@1h": rsi_d,
        "willr(14)@1h": talib.WILLR(high, low, close, 14),
        "cci(20)@1h": talib.CCI(high, low, close, 20),
        "mfi(14)@1h": talib.MFI(high, low, close, volume, 14),
        "aroon_up(14)@1h": aroon_up,
        "aroon_down(14)@1h": aroon_down,
        "aroon_osc(14)@1h": talib.AROONOSC(high, low, 14),
        "donchian_upper(20)@1h": talib.MAX(high, 20),
        "donchian_lower(20)@1h": talib.MIN(low, 20),
        "cmf(20)@1h": talib.CMF(high, low, close, volume, 20),
        "hma(20)@1h": talib.HMA(close, 20),
        "plus_di(14)@1h": talib.PLUS_DI(high, low, close, 14),
        "minus_di(14)@1h": talib.MINUS_DI(high, low, close, 14),
        "adx(14)@1h": talib.ADX(high, low, close, 14),
        "keltner_upper(20,10,2)@1h": keltner_upper,
        "keltner_lower(20,10,2)@1h": keltner_lower,
        "keltner_pos(20,10,2)@1h": (close - keltner_lower) / (keltner_upper - keltner_lower),
        "psar(0.02,0.2)@1h": talib.SAR(high, low, 0.02, 0.2),
        "supertrend(10,3)@1h": supertrend,
        "supertrend_side(10,3)@1h": np.where(np.isnan(supertrend), np.nan, side),
        "supertrend_ratio(10,3)@1h": close / supertrend - 1,
        "bb_upper(20,2)@1h": upper,
        "bb_lower(20,2)@1h": lower,
        "ema(20)@1h": talib.EMA(close, 20),
        "ema(3)@1h": talib.EMA(close, 3),
        "rsi(14)@1h": talib.RSI(close, 14),
        "rsi(2)@1h": talib.RSI(close, 2),
        "macd(12,26,9)@1h": macd,
        "macd_signal(12,26,9)@1h": signal,
        "macd_hist(12,26,9)@1h": hist,
        "atr(14)@1h": talib.ATR(high, low, close, 14),
        "natr(14)@1h": talib.NATR(high, low, close, 14),
        "roc(10)@1h": talib.ROC(close, 10),
        "bb_pctb(20,2)@1h": (close - lower) / (upper - lower),
        "bb_width(20,2)@1h": (upper - lower) / middle,
    }


def window(values, i, n):
    return values[i - n + 1 : i + 1] if i >= n - 1 else None


def mean_and_deviation(values):
    mean = sum(values) / len(values)
    return mean, (sum((v - mean) ** 2 for v in values) / len(values)).sqrt()


def bands(i, n=20, k=2):
    values = window(exact_close, i, n)
    if values is None:
        return None, None
    mean, deviation = mean_and_deviation(values)
    width = 2 * k * deviation
    return (exact_close[i] - (mean - k * deviation)) / width if width else None, width / mean


def volume_score(i, n=96):
    values = window(exact_log_volume, i, n)
    if values is None:
        return None
    mean, deviation = mean_and_deviation(values)
    return max(Decimal(-8), min(Decimal(8), (values[-1] - mean) / deviation)) if deviation else None


def log_return(i, k):
    return (exact_close[i] / exact_close[i - k]).ln() if i >= k else None


def realised_volatility(i, n=60):
    return sum(returns[j] ** 2 for j in range(i - n + 1, i + 1)).sqrt() if i >= n else None


def moving(average, values, n):
    """A function of every whole window that ends on a bar which is written; values may begin with some Nones."""
    windows = (window(values, i, n) if i in written else None for i in range(count))
    return [None if w is None or w[0] is None else average(w) for w in windows]


def mean(values):
    return sum(values) / len(values)


def weighted(values):
    return sum((i + 1) * v for i, v in enumerate(values)) / (len(values) * (len(values) + 1) // 2)


def hull(values, n=20):
    root = math.isqrt(n)
    ends = range(n, n + root)
    return weighted([2 * weighted(values[end - n // 2 : end]) - weighted(values[end - n : end]) for end in ends])


def rank(values):
    others = values[:-1]
    return (sum(v < values[-1] for v in others) + Decimal(sum(v == values[-1] for v in others)) / 2) / len(others)


def channel_position(n=20):
    tops, bottoms = moving(max, exact_high, n), moving(min, exact_low, n)
    return [(c - b) / (t - b) if t is not None and t > b else None for t, b, c in zip(tops, bottoms, exact_close)]


def decaying_volatility(decay=Decimal("0.94")):
    variance = mean([r * r for r in returns[1:21]])
    values = [None] * 20 + [variance]
    for r in returns[21:]:
        values.append(decay * values[-1] + (1 - decay) * r * r)
    return [None if v is None else v.sqrt() for v in values]


def of_ranges(variance, n=20):
    return moving(lambda w: mean(w).sqrt(), [variance(i) for i in range(count)], n)


def squared_log(a, b):
    return (a / b).ln() ** 2


def driftless(i):
    o, h, l, c = exact_open[i], exact_high[i], exact_low[i], exact_close[i]
    return (h / c).ln() * (h / o).ln() + (l / c).ln() * (l / o).ln()


def parkinson(i):
    return squared_log(exact_high[i], exact_low[i]) / (4 * Decimal(2).ln())


def garman_klass(i):
    return squared_log(exact_high[i], exact_low[i]) / 2 - (2 * Decimal(2).ln() - 1) * squared_log(exact_close[i], exact_open[i])


def sample_variance(values):
    m = mean(values)
    return sum((v - m) ** 2 for v in values) / (len(values) - 1)


def yang_zhang(n=20):
    jumps = [None] + [(exact_open[i] / exact_close[i - 1]).ln() for i in range(1, count)]
    moves = [None] + [(exact_close[i] / exact_open[i]).ln() for i in range(1, count)]
    ranges = [None] + [driftless(i) for i in range(1, count)]
    k = Decimal("0.34") / (Decimal("1.34") + Decimal(n + 1) / (n - 1))
    parts = zip(moving(sample_variance, jumps, n), moving(sample_variance, moves, n), moving(mean, ranges, n))
    return [None if jump is None else (jump + k * move + (1 - k) * rs).sqrt() for jump, move, rs in parts]


def volatility_ratio(values, fast=12):
    return (mean([v * v for v in values[-fast:]]) / mean([v * v for v in values])).sqrt()


def moment(values, power):
    m = mean(values)
    return mean([(v - m) ** power for v in values])


def autocorrelation(values):
    m = mean(values)
    d = [v - m for v in values]
    return sum(a * b for a, b in zip(d, d[1:])) / sum(a * a for a in d)


def variance_ratio(values, k=5):
    n, m = len(values), mean(values)
    sums = [sum(values[i : i + k]) - k * m for i in range(n - k + 1)]
    return sum(s * s for s in sums) / (k * (n - k + 1) * (1 - Decimal(k) / n)) / sample_variance(values)


def slope(flows, n=20):
    """Of the sum of flows, which is zero on the first bar of the window, over its mean volume."""
    def of_window(rows):
        levels = [sum(rows[j][0] for j in range(1, i + 1)) for i in range(n)]
        volumes = sum(v for _, v in rows)
        middle = Decimal(n - 1) / 2
        return sum((i - middle) * y for i, y in enumerate(levels)) / (Decimal(n * (n * n - 1)) / 12) / (volumes / n) if volumes else None

    return moving(of_window, list(zip(flows, exact_volume)), n)


def score_of_sums(flows):
    levels = [sum(flows[1 : i + 1]) for i in range(len(flows))]
    m, deviation = mean_and_deviation(levels)
    return (levels[-1] - m) / deviation if deviation else None


def accumulation(i):
    h, l, c = exact_high[i], exact_low[i], exact_close[i]
    return ((c - l) - (h - c)) / (h - l) * exact_volume[i] if h > l else Decimal(0)


def from_vwap(rows):
    """Last close over the mean typical price by volume, of rows (close, typical price, volume)."""
    volumes = sum(v for _, _, v in rows)
    return rows[-1][0] * volumes / sum(p * v for _, p, v in rows) - 1 if volumes else None


def from_vwap_of_day():
    days = [t // 86_400_000 for t in open_time]
    return [from_vwap([r for r, d in zip(priced[: i + 1], days) if d == days[i]]) if i in written else None for i in range(count)]


def volume_by_hour(n=20):
    hours, result = {}, []
    for t, v in zip(open_time, exact_volume):
        day, hour = t // 86_400_000, t // 3_600_000 % 24
        days = hours.setdefault(hour, {})
        before = [vs for d, vs in days.items() if d != day][-n:]
        total = sum(sum(vs) for vs in before)
        result.append(v * sum(len(vs) for vs in before) / total if len(before) == n and total else None)
        days.setdefault(day, []).append(v)
    return result


def co_movement(pairs):
    """Slope of the first of each pair on the second, and their correlation."""
    own, partner = [a for a, _ in pairs], [b for _, b in pairs]
    covariance = mean([a * b for a, b in pairs]) - mean(own) * mean(partner)
    return covariance / moment(partner, 2), covariance / (moment(own, 2) * moment(partner, 2)).sqrt()


exact_open = [Decimal(v) for v in open_]
exact_high = [Decimal(v) for v in high]
exact_low = [Decimal(v) for v in low]
exact_close = [Decimal(v) for v in close]
exact_volume = [Decimal(v) for v in volume]
returns_of_open = [None] + [(exact_open[i] / exact_open[i - 1]).ln() for i in range(1, count)]
priced = [(c, (h + l + c) / 3, v) for h, l, c, v in zip(exact_high, exact_low, exact_close, exact_volume)]
exact_log_volume = [(1 + v).ln() for v in exact_volume]
returns = [None] + [log_return(i, 1) for i in range(1, count)]


def flow_of_bar(i):
    """The order flow that kernels are tried with: the same doubles as src/features/testing/bar-flow.ts."""
    nth, c, v = open_time[i] // 60_000, float(close[i]), float(volume[i])
    buy = v * (nth % 101) / 101
    bid_size, ask_size = 1 + nth % 17, 1 + nth % 23
    doubles = {
        "taker": v * (nth % 97) / 97,
        "buy": buy,
        "sell": v - buy,
        "trades": 1 + nth % 53 if v > 0 else 0,
        "bid": c * (1 - (1 + nth % 7) / 20_000),
        "ask": c * (1 + (1 + nth % 11) / 20_000),
        "bid_size": bid_size,
        "ask_size": ask_size,
        "bid_depth": bid_size + nth % 29,
        "ask_depth": ask_size + nth % 31,
        "cost": 2 + (nth % 37) / 8,
        "ofi": nth % 41 - 20,
        "spread": 1 + (nth % 31) / 10,
        "slope": 0.5 + nth % 19 / 16,
        "funding": (nth % 47 - 23) / 65_536,
        "to_funding": (nth // 480 + 1) * 480 - nth - 60,
        "trade_age": 3600 - nth % 59,
        "book_age": 3600 - nth % 43,
    }
    return {name: Decimal(value) for name, value in doubles.items()}


def of_flow(value):
    return [value(f) for f in observed]


def share_of_volume(part, n=15):
    def of_window(flows):
        total = sum(f["buy"] + f["sell"] for f in flows)
        return sum(part(f["buy"] - f["sell"]) for f in flows) / total if total else None

    return moving(of_window, observed, n)


def middle(f):
    return (f["bid"] + f["ask"]) / 2


def microprice(f):
    return (f["ask"] * f["bid_size"] + f["bid"] * f["ask_size"]) / (f["bid_size"] + f["ask_size"])


observed = [flow_of_bar(i) for i in range(count)]


def exact_columns():
    balance = [Decimal(0)] + [exact_volume[i] * int(np.sign(close[i] - close[i - 1])) for i in range(1, count)]
    gaps = [None] + [int(open_time[i] != open_time[i - 1] + 3_600_000) for i in range(1, count)]
    # Kernels are tried with the bar's own open as the partner's close.
    together = moving(co_movement, [None] + list(zip(returns[1:], returns_of_open[1:])), 60)
    weekdays = [datetime.fromtimestamp((t + 3_600_000) / 1000, timezone.utc).weekday() for t in open_time]
    minutes = [(t + 3_600_000) // 60_000 % 1440 for t in open_time]
    return {
        "close@1h": exact_close,
        "volume@1h": exact_volume,
        "sma(20)@1h": moving(mean, exact_close, 20),
        "sma_ratio(20)@1h": moving(lambda w: w[-1] / mean(w) - 1, exact_close, 20),
        "wma(20)@1h": moving(weighted, exact_close, 20),
        "beta(BTC/USDT,60)@1h": [m and m[0] for m in together],
        "corr(BTC/USDT,60)@1h": [m and m[1] for m in together],
        "basis(BTC/USDT)@1h": [c / o - 1 for c, o in zip(exact_close, exact_open)],
        "quote_spread_bps(BTC/USDT)@1h": [10_000 * (c / o).ln() for c, o in zip(exact_close, exact_open)],
        "hma(20)@1h": moving(hull, exact_close, 23),
        "ewma_vol(0.94)@1h": decaying_volatility(),
        "parkinson(20)@1h": of_ranges(parkinson),
        "garman_klass(20)@1h": of_ranges(garman_klass),
        "rogers_satchell(20)@1h": of_ranges(driftless),
        "yang_zhang(20)@1h": yang_zhang(),
        "vol_ratio(12,96)@1h": moving(volatility_ratio, returns, 96),
        "skew(60)@1h": moving(lambda w: moment(w, 3) / moment(w, 2) ** Decimal("1.5"), returns, 60),
        "kurt(60)@1h": moving(lambda w: moment(w, 4) / moment(w, 2) ** 2 - 3, returns, 60),
        "autocorr1(60)@1h": moving(autocorrelation, returns, 60),
        "variance_ratio(5,120)@1h": moving(variance_ratio, returns, 120),
        "donchian_pos(20)@1h": channel_position(),
        "rank(60)@1h": moving(rank, exact_close, 60),
        "drawdown(60)@1h": moving(lambda w: w[-1] / max(w) - 1, exact_close, 60),
        "logret(1)@1h": returns,
        "logret(5)@1h": [log_return(i, 5) for i in range(count)],
        "bb_pctb(20,2)@1h": [bands(i)[0] for i in range(count)],
        "bb_width(20,2)@1h": [bands(i)[1] for i in range(count)],
        "vol_z(96)@1h": [volume_score(i) for i in range(count)],
        "rv(60)@1h": [realised_volatility(i) for i in range(count)],
        "obv_slope(20)@1h": slope(balance),
        "obv_z(96)@1h": moving(score_of_sums, balance, 96),
        "ad_slope(20)@1h": slope([accumulation(i) for i in range(count)]),
        "vwap_ratio(60)@1h": moving(from_vwap, priced, 60),
        "vwap_day_ratio@1h": from_vwap_of_day(),
        "rvol_tod(20)@1h": volume_by_hour(),
        "kmid@1h": [(c - o) / o for o, c in zip(exact_open, exact_close)],
        "kup@1h": [(h - max(o, c)) / o for o, h, c in zip(exact_open, exact_high, exact_close)],
        "klow@1h": [(min(o, c) - l) / o for o, l, c in zip(exact_open, exact_low, exact_close)],
        "ksft@1h": [(2 * c - h - l) / o for o, h, l, c in zip(exact_open, exact_high, exact_low, exact_close)],
        "dow_sin": [Decimal(math.sin(2 * math.pi * day / 7)) for day in weekdays],
        "dow_cos": [Decimal(math.cos(2 * math.pi * day / 7)) for day in weekdays],
        "empty_share(60)@1h": moving(lambda w: Decimal(w.count(0)) / 60, exact_volume, 60),
        "gap_count(60)@1h": moving(sum, gaps, 60),
        "taker_imb@1h": [(2 * f["taker"] - v) / v if v else None for f, v in zip(observed, exact_volume)],
        "trade_imb(15)@1h": share_of_volume(lambda d: d),
        "vpin(15)@1h": share_of_volume(abs),
        "trade_rate(15)@1h": moving(lambda w: sum(w) / (15 * 3600), of_flow(lambda f: f["trades"]), 15),
        "mid@1h": of_flow(middle),
        "spread_bps@1h": of_flow(lambda f: 10_000 * (f["ask"] - f["bid"]) / middle(f)),
        "spread_mean_bps(15)@1h": moving(mean, of_flow(lambda f: f["spread"]), 15),
        "microprice_bps@1h": of_flow(lambda f: 10_000 * (microprice(f) / middle(f) - 1)),
        "obi(5)@1h": of_flow(lambda f: (f["bid_depth"] - f["ask_depth"]) / (f["bid_depth"] + f["ask_depth"])),
        "ofi(15)@1h": moving(sum, of_flow(lambda f: f["ofi"]), 15),
        "cost_to_trade(10000)@1h": of_flow(lambda f: f["cost"]),
        "funding@1h": of_flow(lambda f: f["funding"]),
        "time_to_funding@1h": of_flow(lambda f: f["to_funding"]),
        "depth_slope@1h": of_flow(lambda f: f["slope"]),
        "tick_age@1h": of_flow(lambda f: f["trade_age"]),
        "book_age@1h": of_flow(lambda f: f["book_age"]),
        "tod_sin": [Decimal(math.sin(2 * math.pi * m / 1440)) for m in minutes],
        "tod_cos": [Decimal(math.cos(2 * math.pi * m / 1440)) for m in minutes],
    }


def cell(value):
    if value is None or math.isnan(value):
        return ""
    return repr(float(value))


def write(name, columns):
    header = ",".join(["bar"] + [f'"{key}"' for key in columns])
    lines = [",".join([str(i)] + [cell(values[i]) for values in columns.values()]) for i in written]
    (here / name).write_text("\n".join([header, *lines, ""]))
    print(f"{name}: {len(lines)} bars x {len(columns)} features")


if __name__ == "__main__":
    write("talib.csv", talib_columns())
    write("exact.csv", exact_columns())
