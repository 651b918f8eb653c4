import numpy as np

from foldwise.folds.alike import find_alike

LONG = "one two three four five six seven eight nine ten"


def test_equal_folded_texts_share_a_number_and_make_no_similar_pair() -> None:
    alike = find_alike([LONG, LONG, "short"], ["a", "b", "c"], np.arange(3))
    assert alike.folded.tolist() == [0, 0, 1]
    assert len(alike.first) == 0


def test_the_least_id_of_a_part_stands_for_its_equal_texts() -> None:
    keys = [LONG, LONG, f"{LONG} eleven"]
    alike = find_alike(keys, ["z", "a", "m"], np.array([0, 0, 1]))
    assert {int(alike.first[0]), int(alike.second[0])} == {1, 2}
    assert alike.similarity.tolist() == [6 / 7]


def test_chains_of_similar_pairs_make_one_cluster() -> None:
    keys = [LONG, f"{LONG} eleven", f"{LONG} eleven twelve", "quite another text of six words"]
    clusters = find_alike(keys, list("abcd"), np.arange(4)).near_clusters()
    assert clusters[0] == clusters[1] == clusters[2] != clusters[3]
