"""A comparison as rows of tables, as lines of a plot, and in sentences."""

from dataclasses import replace

from foldwise.comparing.ablation_table import Table, interval_of, signed
from foldwise.comparing.comparison import POWER, Comparison, MetricComparison, Outlook
from foldwise.comparing.expected import LEVEL as EXPECTED_LEVEL
from foldwise.comparing.expected import ExpectedScore
from foldwise.comparing.forest import Entry
from foldwise.comparing.paired import LEVEL
from foldwise.errors import counted, listed

FAR = 2.0  # half intervals; a difference beyond is far outside the noise
ALL = "all folds"
LONGEST = 12  # characters of a name above its scores, in a table of 80
ROUNDING = 1e-6  # of a score, generously: models compute in single precision
DIGITS_FROM = 0.01  # the width of an interval of three digits; narrower ones have four


def title_of(found: Comparison) -> str:
    """What was compared, in one line."""
    groups = "" if found.groups is None else f" in {counted(found.groups, 'group')}"
    return (
        f"{found.first} against {found.second}: {counted(found.rows, 'row')}{groups} of "
        f"{found.competition}, {counted(len(found.folds), 'fold')}"
    )


def table_of(found: Comparison) -> Table:
    """One row a metric; the title says which run is the first."""
    names = [found.first, found.second]
    if max(map(len, names)) > LONGEST:  # cut over three lines, nobody can read them
        names = ["first", "second"]
    columns = ["metric", *names, "difference", f"{percent(LEVEL)} interval"]
    rows = [_row(of.metric, of) for of in found.metrics]
    return Table(columns, [False, True, True, True, True], rows)


def seed_table_of(found: Comparison) -> Table | None:
    """One row a seed, and their mean; None where there are no seeds to compare."""
    if found.seeds is None:
        return None
    rows = [[f"seed {k}", f"{value:+.4f}", ""] for k, value in found.seeds.difference.seeds.items()]
    rows.append(["mean of seeds", *_row("", found.seeds)[3:]])
    return Table(["", "difference", f"{percent(LEVEL)} interval"], [False, True, True], rows)


def _row(name: str, of: MetricComparison) -> list[str]:
    difference = of.difference
    return [
        name,
        f"{difference.first:.4f}",
        f"{difference.second:.4f}",
        signed(difference.value, difference.standard_error),
        span_of(of.low, of.high),
    ]


def span_of(low: float | None, high: float | None) -> str:
    """The ends of an interval: "-0.0610 to +0.1020"; blank where it is not known."""
    return "" if low is None or high is None else f"{low:+.4f} to {high:+.4f}"


def entries_of(found: Comparison) -> list[Entry]:
    """The plot: the difference on each fold's rows, then on all."""
    folds = [(f"fold {k}", d) for k, d in found.folds.items() if d is not None]
    own = found.own
    entries = [*folds, (ALL, replace(own.difference, low=own.low, high=own.high))]
    return [Entry(name, d, f"{d.value:+.4f}  {interval_of(d)}".rstrip()) for name, d in entries]


def sentences(found: Comparison) -> list[str]:
    """What the figures mean: the verdict first, then what they could show, and what they cannot."""
    lines = [verdict_of(found), _seed_verdict(found), _visibility(found), _outlook(found)]
    lines += [_method(found), _looks(found), *found.notes]
    return [line for line in lines if line]


def verdict_of(found: Comparison) -> str:
    """Which run is better, by how much, and how surely, in one sentence."""
    own, difference = found.own, found.own.difference
    if difference.is_none:
        return f"{found.first} and {found.second} score the same on every row."
    if _is_rounding(own):
        return (
            f"{found.first} and {found.second} score the same: what there is between them, "
            f"{abs(difference.value):.0e} {own.metric}, is rounding."
        )
    size = f"{abs(difference.value):.4f} {own.metric}"
    better, worse = _better_first(found, own)
    if own.noticeable is None:
        return f"{better} is better than {worse} by {size}, but nothing is known about the noise."
    if own.is_noise:
        return (
            f"{better} and {worse} cannot be told apart: {size} in favour of {better} is within "
            f"what the choice of rows explains ({_unsigned(own)})."
        )
    far = abs(difference.value) > FAR * own.noticeable
    return (
        f"{better} is better than {worse} by {size} ({_unsigned(own)}), {'far ' if far else ''}"
        f"beyond what the choice of rows explains."
    )


def _is_rounding(of: MetricComparison) -> bool:
    """Whether the scores differ as those of one model do that is computed in two ways."""
    difference = of.difference
    larger = max(abs(difference.first), abs(difference.second))
    return abs(difference.value) <= ROUNDING * larger


def _better_first(found: Comparison, of: MetricComparison) -> tuple[str, str]:
    first_is_better = (of.difference.value > 0) == of.greater_is_better
    names = (found.first, found.second)
    return names if first_is_better else (names[1], names[0])


def _unsigned(of: MetricComparison) -> str:
    """The interval of how much the better one is better."""
    if of.low is None or of.high is None:
        return ""
    ends = (of.low, of.high) if of.difference.value > 0 else (-of.high, -of.low)
    return f"{percent(LEVEL)} {ends[0]:.4f} to {ends[1]:.4f}"


def _seed_verdict(found: Comparison) -> str:
    of = found.seeds
    if of is None:
        return (
            "Two trained runs were compared, and not two settings: what other seeds change is told "
            "where both are averages over the same seeds (foldwise train EXPERIMENT --seeds "
            "0,1,2); TF-IDF runs depend on none."
        )
    better, worse = _better_first(found, of)
    seeds = f"over seeds {listed(list(of.difference.seeds))}"
    if of.noticeable is None or of.is_noise:
        return f"One run of each, {seeds}: no difference beyond the noise of rows and seeds."
    return (
        f"One run of each, {seeds}: {better} is better than {worse} by "
        f"{abs(of.difference.value):.4f} ({_unsigned(of)}), beyond the noise of rows and seeds."
    )


def _visibility(found: Comparison) -> str:
    own = found.own
    if not own.noticeable or own.findable is None or _is_rounding(own):
        return ""
    return (
        f"On these rows a difference below {own.noticeable:.4f} is noise, and a true one of "
        f"{own.findable:.4f} is found in {percent(POWER)} of such sets of rows."
    )


def _outlook(found: Comparison) -> str:
    if found.outlook is None or _is_rounding(found.own):
        return ""
    outlook = found.outlook
    both = (
        f"{name} {expected_of(expected)}"
        for name, expected in ((found.first, outlook.first), (found.second, outlook.second))
    )
    chance = outlook.chance
    better = found.first if chance >= 0.5 else found.second
    return (
        f"On {counted(outlook.test_rows, 'test row')} like these {better} scores better with a "
        f"chance of {percent(max(chance, 1 - chance))}; to expect ({percent(EXPECTED_LEVEL)}): "
        f"{'; '.join(both)}.{_turned(found, outlook, better)}"
    )


def _turned(found: Comparison, outlook: Outlook, better: str) -> str:
    """Why the test rows favour another run than the OOF rows, where they do."""
    gains = (outlook.first.gain, outlook.second.gain)
    if better == _better_first(found, found.own)[0] or None in gains:
        return ""
    metric = found.own.metric
    more, less = sorted((gain for gain in gains if gain is not None), reverse=True)
    return (
        f" The OOF rows favour the other, whose folds' models gain less by being averaged: "
        f"{less:.4f} {metric} instead of {more:.4f}."
    )


def expected_of(expected: ExpectedScore) -> str:
    """An expected score as its interval, "1.061 to 1.102", in digits that tell its ends apart."""
    digits = 3 if expected.high - expected.low >= DIGITS_FROM else 4
    return f"{expected.low:.{digits}f} to {expected.high:.{digits}f}"


def percent(chance: float) -> str:
    """A chance in whole per cent, never rounded to certainty."""
    if 0.995 <= chance < 1:
        return "more than 99 %"
    return f"{100 * chance:.0f} %"


def _method(found: Comparison) -> str:
    draws = found.own.resampled
    if draws is None:
        return "Intervals are Student's, of the spread of the rows' influences."
    how = {
        "sums": "both scored anew on each draw",
        "influences": "the scores moved by the influences of the rows drawn",
    }
    return (
        f"Intervals of all folds are of {draws.groups:,} groups drawn whole, "
        f"{draws.resamples:,} times, {how[draws.method]}; those of a fold are Student's."
    )


def _looks(found: Comparison) -> str:
    first, second = found.looks
    if max(first, second) < 2:
        return ""
    if first == second:
        return (
            f"Both scores are the best of {first} looks at each fold: they, and what is expected, "
            f"are slightly optimistic (training.cross_fitted=true takes that off)."
        )
    return (
        f"The score of {found.first} is {_chosen(first)}, that of {found.second} "
        f"{_chosen(second)}: the more looks, the more it is flattered."
    )


def _chosen(looks: int) -> str:
    return f"the best of {looks} looks at each fold" if looks > 1 else "chosen by no row of its own"
