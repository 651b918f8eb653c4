"""A forest plot as text."""

import pytest

from foldwise.comparing.forest import ASCII, WIDTH, Entry, axis_of, forest_lines, plot_lines
from tests.comparing.tiny_ablations import FAILED, VARIANTS, ablation_of, variant


def test_points_intervals_and_zero_stand_where_they_belong() -> None:
    found = ablation_of(variant("good", -0.2, 0.05), variant("bad", 0.1, 0.05))
    head, good, bad, scale = (line[6:] for line in forest_lines(found, ASCII))
    zero = bad.index("|")
    assert good[zero] == "|"
    assert good.index("[") < good.index("o") < good.index("]") < zero < bad.index("o")
    assert head.index("better") < zero < head.index("worse")
    assert scale.split() == ["-0.3228", "0", "+0.2228"]
    assert good.split()[-1] == "better"


def test_the_better_side_is_the_right_one_where_greater_is_better() -> None:
    head = forest_lines(ablation_of(variant("a", 0.5, 0.1), metric="accuracy"))[0]
    assert head.split() == ["better"]  # hardly anything is left of zero
    both = ablation_of(variant("a", 0.1, 0.1), variant("b", -0.1, 0.1), metric="accuracy")
    assert forest_lines(both)[0].split() == ["worse", "better"]


def test_names_of_any_length_stand_below_each_other() -> None:
    lines = forest_lines(ablation_of(*VARIANTS))
    assert {line.index("│") for line in lines[1:-1] if "│" in line} == {lines[1].index("│")}
    assert len(lines) == 2 + 4


def test_a_variant_far_off_is_cut_and_hides_no_other() -> None:
    usual = [variant(f"v{i}", -0.01 * i, 0.005) for i in range(1, 4)]
    broken = variant("broken", 9.0, 0.1)
    lines = forest_lines(ablation_of(*usual, broken, seeds=2), ASCII)
    assert lines[4].rstrip().endswith(">  worse")
    assert all("o" in line for line in lines[1:4])
    assert axis_of(ablation_of(*usual, broken)).high < 0.2


def test_a_variant_far_better_is_never_cut() -> None:
    usual = [variant(f"v{i}", 0.01 * i, 0.005) for i in range(1, 4)]
    assert axis_of(ablation_of(*usual, variant("wonder", -9.0, 0.1))).low < -9
    assert axis_of(ablation_of(*usual, variant("wonder", 9.0, 0.1), metric="auc")).high > 9


def test_no_line_is_longer_than_name_axis_and_word() -> None:
    lines = forest_lines(ablation_of(*VARIANTS))
    longest = max(len(v.name) for v in VARIANTS if v.difference)
    assert max(map(len, lines)) <= longest + 2 + WIDTH + 2 + len("perhaps better")


def test_differences_without_intervals_are_points_on_an_axis_with_zero() -> None:
    axis = axis_of(ablation_of(variant("a", 0.2, None), variant("b", 0.3, None)))
    assert axis.low < 0
    assert axis.high > 0.3
    (line,) = forest_lines(ablation_of(variant("a", 0.2, None)), ASCII)[1:2]
    assert line.removesuffix("unknown").count("o") == 1


@pytest.mark.parametrize("error", [0.0, None])
def test_variants_that_change_nothing_are_drawn_on_zero(error: float | None) -> None:
    found = ablation_of(variant("a", 0.0, error))
    assert axis_of(found).high > 0
    assert "o" in forest_lines(found, ASCII)[1].split()


def test_nothing_compared_is_no_plot() -> None:
    assert forest_lines(ablation_of(FAILED)) == []


def test_a_line_has_80_characters_at_the_most_whatever_the_names_are() -> None:
    names = [f"{'loss.kind=huber loss.delta=0.5 ' * 3}{i}" for i in range(2)]
    lines = forest_lines(ablation_of(*(variant(name, 0.1, 0.05) for name in names)))
    assert max(map(len, lines)) <= 80
    assert [line.split("  ")[0][-3:] for line in lines[1:3]] == ["5 0", "5 1"]


@pytest.mark.parametrize(("page", "lines"), [(80, 5), (60, 5), (55, 7), (40, 7)])
def test_a_plot_fits_its_page_with_words_below_where_there_is_no_room_behind(
    page: int, lines: int
) -> None:
    word = "-0.6020  -0.6547 to -0.5494"
    one, all_folds = (
        Entry(name, v.difference, word)
        for name, v in (
            ("fold 0", variant("a", -0.6, 0.02)),
            ("all folds", variant("b", -0.5, 0.01)),
        )
        if v.difference is not None
    )
    plot = plot_lines([one, all_folds], greater_is_better=False, signs=ASCII, page=page)
    assert len(plot) == lines
    assert max(map(len, plot)) <= page
    assert sum(line.endswith(word) for line in plot) == 2
    assert plot[-1].split() == ["-0.6712", "+0.0320"]
    assert plot[-2] == f"{'':{plot[1].index('|')}}0"  # too near the end to stand between them


@pytest.mark.parametrize("page", [40, 50, 60, 80])
@pytest.mark.parametrize(
    "names",
    [
        [f"{'pooling.kind=attention ' * 3}{i}" for i in "ab"],
        [f"loss.kind=huber loss.delta=0.{i} pooling.kind=mean" for i in (1, 2)],
        [f"rates.top=1e-5 loss.kind=huber loss.delta=0.{i} pooling.kind=mean" for i in (1, 2)],
        [f"{'a-run-without-a-blank-' * 5}{i}{'-in-its-name' * 4}" for i in (1, 2)],
    ],
)
@pytest.mark.parametrize("size", [0.1, 123456.0])
def test_a_plot_fits_its_page_whatever_the_names(page: int, names: list[str], size: float) -> None:
    found = ablation_of(*(variant(name, size, size / 2) for name in names))
    lines = forest_lines(found, ASCII, page=page)
    assert max(map(len, lines)) <= page
    assert sum("]" in line for line in lines) == len(names)


def test_names_that_cannot_be_told_apart_when_cut_stand_above_their_lines() -> None:
    names = [f"loss.kind=huber loss.delta=0.{i} pooling.kind=mean" for i in (1, 2)]
    lines = forest_lines(ablation_of(*(variant(n, 0.1, 0.05) for n in names)), ASCII, page=60)
    assert [lines.index(name) for name in names] == [1, 3]
    assert all("]" in lines[at] for at in (2, 4))
