"""Markdown tables of measurements."""

import pytest
from speed.doubling import Size, growth_table, slope
from speed.flops import Amount, ModelShape
from speed.measurement import CrossValidation, Training, measurement_from
from speed.quality import quality_sentences
from speed.rounds import Line, turns
from speed.sections.training import training_table
from speed.table import best_peaks, markdown_table, spread, times_faster
from speed.task import Contestant, System

SHAPE = ModelShape(layers=1, width=2, matrices=((10, 10),))


def measured(seconds: float, rmse: float | None = None, peak: float = 1e4) -> Training:
    return Training(
        seconds=seconds,
        waited=0.0,
        amount=Amount(10, 100, 0),
        padded_tokens=125,
        peak_bytes=2**30,
        matrix_peak=peak,
        tokenizing=0.5,
        steps=4,
        taken=4,
        rmse=rmse,
    )


def line(label: str, system: System, *done: Training) -> Line[Training]:
    return Line(Contestant(label, system, "fp32"), list(done))


def test_a_measurement_survives_its_json() -> None:
    before = measured(1.5, rmse=0.25)
    assert measurement_from(before.to_json(), Training) == before


def test_a_range_stands_where_there_are_several_values() -> None:
    assert spread([3.0, 1.0, 2.0], ".1f") == "2.0 (1.0 to 3.0)"
    assert spread([1.0], ".1f") == "1.0"
    assert spread([], ".1f") == "-"


def test_ratios_are_taken_round_by_round() -> None:
    slow = line("Trainer", "trainer", measured(4.0), measured(9.0))
    fast = line("Foldwise", "foldwise", measured(2.0), measured(3.0))
    assert times_faster(fast, slow) == [2.0, 3.0]


def test_every_other_round_runs_backwards() -> None:
    lines = [line("a", "plain"), line("b", "plain")]
    order = [(number, one.contestant.label) for number, one in turns(lines, 2)]
    assert order == [(0, "a"), (0, "b"), (1, "b"), (1, "a")]


def test_the_peak_of_a_round_is_the_highest_that_any_contestant_saw() -> None:
    lines = [
        line("a", "trainer", measured(1.0, peak=5.0), measured(1.0, peak=9.0)),
        line("b", "foldwise", measured(1.0, peak=7.0), measured(1.0, peak=8.0)),
    ]
    assert best_peaks(lines) == {("fp32", 0): 7.0, ("fp32", 1): 9.0}


def test_the_training_table_says_what_share_of_the_peak_was_used() -> None:
    trainer = line("Trainer, dynamic padding, fp32", "trainer", measured(12.0))
    ours = line("Foldwise, fp32", "foldwise", measured(8.0))
    *_, last = training_table(SHAPE, [trainer, ours], quality=False).splitlines()
    # 6 operations x 100 parameters x 100 tokens in 8 seconds, of 10,000 a second
    assert last == ("| Foldwise, fp32 | 8.0 | 1.2 | 12 | 75% | 1.50 | 20% | 1.00 GiB | 0.50 |")


def test_what_failed_is_in_no_table() -> None:
    broken = Line[Training](Contestant("Trainer", "trainer", "fp32"), fault="was killed")
    rows = training_table(SHAPE, [broken], quality=False).splitlines()
    assert len(rows) == 2


def test_quality_is_a_paired_difference_from_the_best_trainer() -> None:
    lines = [
        line("Trainer, good", "trainer", measured(1, 1.0), measured(1, 1.2), measured(1, 1.1)),
        line("Trainer, bad", "trainer", measured(1, 2.0), measured(1, 2.0), measured(1, 2.0)),
        line("Foldwise", "foldwise", measured(1, 1.1), measured(1, 1.2), measured(1, 1.2)),
    ]
    (told,) = quality_sentences(lines)
    # differences 0.1, 0, 0.1: mean 0.0667, standard error 0.0577 / sqrt(3)
    assert told.splitlines()[0].startswith("RMSE minus that of the best Trainer (Trainer, good")
    assert told.splitlines()[-1] == "- Foldwise: +0.0667 ± 0.0333 (3 seeds)"


def test_one_seed_has_no_standard_error() -> None:
    lines = [line("Trainer", "trainer", measured(1, 1.0)), line("F", "foldwise", measured(1, 0.9))]
    (told,) = quality_sentences(lines)
    assert told.splitlines()[-1] == "- F: -0.1000 (one seed: no standard error)"


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_slope_is_the_power_of_a_power_law(power: float) -> None:
    sizes = [1.0, 2.0, 4.0]
    assert slope(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_growth_is_a_row_a_size_and_the_slope() -> None:
    sizes = []
    for count, seconds in ((2, 3.0), (4, 6.0)):
        done = CrossValidation(
            seconds=seconds, waited=None, amount=Amount(1, 0, 0), peak_bytes=2**29, rmse=1.0
        )
        contestant = Contestant("Foldwise", "foldwise", "fp32")
        sizes.append(Size(count, Line[CrossValidation](contestant, [done])))
    assert growth_table("folds", sizes) == markdown_table(
        ["folds", "wall s", "peak memory"],
        [["2", "3.00", "0.50 GiB"], ["4", "6.00", "0.50 GiB"], ["slope", "1.00", ""]],
    )
