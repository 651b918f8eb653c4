"""An ensemble's record, read back."""

import json
from typing import Any

import numpy as np
import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.recipe import Options
from foldwise.ensembling.record import blend_tables, read_ensemble
from foldwise.errors import StorageError
from foldwise.paths import Project
from foldwise.training.run_scores import read_tables
from tests.ensembling.test_ensemble_methods import WAYS


@pytest.mark.parametrize(("names", "how"), WAYS)
def test_an_ensembles_record_reads_back_and_blends_the_test_rows_again(
    project: Project, names: list[str], how: dict[str, Any]
) -> None:
    blend(project, names, "blend", **how)
    ensemble = read_ensemble(project.run("blend"))
    tables = [read_tables(project.run(name))[1] for name in names]
    again = blend_tables(ensemble, tables)
    np.testing.assert_array_equal(again.values, read_tables(project.run("blend"))[1].values)
    assert ensemble.options == how.get("options", Options())


def test_a_record_of_before_there_were_formulas_is_a_weighted_mean(project: Project) -> None:
    blend(project, ["a", "b"], "old", weights=[3, 1])
    path = project.run("old") / "ensemble.json"
    record = json.loads(path.read_text())
    for name in ("options", "formula", "suspicious"):
        del record[name]
    path.write_text(json.dumps(record))
    ensemble = read_ensemble(project.run("old"))
    tables = [read_tables(project.run(name))[1] for name in ("a", "b")]
    expected = np.average([table.values for table in tables], axis=0, weights=[3, 1])
    np.testing.assert_allclose(blend_tables(ensemble, tables).values, expected)


def test_a_damaged_record_is_a_storage_error(project: Project) -> None:
    blend(project, ["a", "b"], "mean")
    (project.run("mean") / "ensemble.json").write_text("{")
    with pytest.raises(StorageError, match=r"ensemble\.json is damaged"):
        read_ensemble(project.run("mean"))
