"""An ablation as a page."""

from foldwise.comparing.markdown import markdown_of
from tests.comparing.tiny_ablations import FAILED, VARIANTS, ablation_of


def test_the_page_holds_table_sentences_plot_and_picture() -> None:
    page = markdown_of(ablation_of(*VARIANTS), "ablation.png").splitlines()
    assert page[0] == "# exp seed=0: 6 variants of it, 1,234 rows of tiny, fold 0, 1, seed 0"
    assert page[2].startswith("| variant | rmse | difference | 95 % interval |")
    assert page[3] == "| --- | ---: | ---: | ---: | --- | ---: | ---: |"
    assert page[-1].endswith("(ablation.png)")
    assert page.count("```") == 2
    assert any(line.startswith("- A difference below about 0.0392") for line in page)


def test_what_markdown_would_obey_is_shown() -> None:
    rows = [line for line in markdown_of(ablation_of(*VARIANTS), None).splitlines() if "|" in line]
    assert any(line.startswith(r"| loss \| delta\_1 | 0.9900 |") for line in rows)


def test_a_page_without_anything_compared_has_no_plot() -> None:
    page = markdown_of(ablation_of(FAILED, base=None), None)
    assert "```" not in page
    assert "failed, seed 0: it diverged" in page
