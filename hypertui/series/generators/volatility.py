"""A price whose volatility moves on a slow and on a quick scale, and which jumps now and then.

    r(t) = sigma · exp(x1(t) + x2(t)) · e(t) + J(t)
    xi(t) = phi_i · xi(t-1) + s_i · sqrt(1 - phi_i²) · n_i(t)

e, n1 and n2 are independent standard normal; J is a normal jump with probability `jumps`, else 0. Two factors
of logarithmic volatility: Alizadeh, Brandt and Diebold, Range-Based Estimation of Stochastic Volatility
Models, Journal of Finance 57 (2002), 1047-1091; jumps: Merton, Option Pricing When Underlying Stock Returns
Are Discontinuous, Journal of Financial Economics 3 (1976), 125-144. There is no drift.

What follows without jumps: E r² = sigma² · exp(2 (s1² + s2²)), kurtosis 3 · exp(4 (s1² + s2²)), and the
autocovariance of log|r| at lag k > 0 is s1² phi1^k + s2² phi2^k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TwoFactorVolatility:
    """The model's figures for one step: `sigma` relative; `slow` and `quick` the standard deviations of the
    two factors, with their persistences from step to step; `jumps` in a step, `jump_size` their standard
    deviation, relative."""

    sigma: float
    slow: float
    slow_persistence: float
    quick: float
    quick_persistence: float
    jumps: float = 0.0
    jump_size: float = 0.0

    @property
    def in_words(self) -> str:
        """Its figures for people."""
        factors = ((self.slow, self.slow_persistence), (self.quick, self.quick_persistence))
        slow, quick = (f"{size:.2f} (half-life {_half_life(each):,.0f} rows)" for size, each in factors)
        jumps = f"a jump of {self.jump_size:.2%} in {1 / self.jumps:,.0f} rows" if self.jumps else "no jumps"
        return f"volatility {self.sigma:.4%} a row, its logarithm moves by {slow} and {quick}; {jumps}"

    @property
    def variance(self) -> float:
        """Of the move of one step."""
        spread = self.slow**2 + self.quick**2
        return float(self.sigma**2 * np.exp(2 * spread) + self.jumps * self.jump_size**2)


def _half_life(persistence: float) -> float:
    return float(np.log(0.5) / np.log(persistence)) if 0 < persistence < 1 else 0.0


USUAL = TwoFactorVolatility(
    sigma=8e-5,
    slow=0.45,
    slow_persistence=0.99998,
    quick=0.35,
    quick_persistence=0.998,
    jumps=2e-6,
    jump_size=4e-3,
)
"""A large perpetual by the second: some 60 % a year, a volatility that stays for half a day and for minutes,
and a jump every six days."""


def moves(model: TwoFactorVolatility, count: int, seed: int) -> NDArray[np.float64]:
    """`count` logarithmic moves."""
    random = np.random.default_rng(seed)
    logs = _factor(model.slow, model.slow_persistence, count, random)
    logs += _factor(model.quick, model.quick_persistence, count, random)
    found = np.exp(logs, out=logs)
    found *= model.sigma
    found *= random.standard_normal(count)
    jump = np.flatnonzero(random.random(count) < model.jumps)
    found[jump] += model.jump_size * random.standard_normal(len(jump))
    return found


def _factor(
    deviation: float, persistence: float, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """A stationary autoregression of first order, exactly. It is run on many stretches at once, each from 0,
    and what each hands on to the next is added after."""
    width = max(int(np.sqrt(count)), 1)
    stretches = -(-count // width)
    found = random.standard_normal((stretches, width))
    found *= deviation * np.sqrt(1 - persistence**2)
    for column in range(1, width):
        found[:, column] += persistence * found[:, column - 1]
    decay = persistence ** np.arange(1, width + 1)
    carried = deviation * random.standard_normal()
    for row in found:
        row += carried * decay
        carried = row[-1]
    return found.reshape(-1)[:count]
