"""Sweeps: the same table however the runs are spread; one that diverges does not take the others along."""

import joblib
import pytest
import torch
from sklearn.model_selection import ParameterGrid

import aeutils as ae
from aeutils.chapters.ch05.sweep_tables import SWEEPS, sweep_table
from aeutils.sweeps import DEFAULTS, sweep, trial

SHORT = {"n_images": 200, "hidden": "16", "code_size": 3, "steps": 6}
GRID = list(ParameterGrid({"lr": [1e-3, 1e-2], "seed": [0, 1], **{name: [value] for name, value in SHORT.items()}}))


def comparable(table):
    return table.drop(columns="seconds")


@pytest.fixture(scope="module")
def serial():
    return sweep(GRID, n_jobs=1)


def test_table_has_a_row_for_each_setting_in_order(serial):
    assert serial[["lr", "seed"]].to_dict("records") == [{k: s[k] for k in ("lr", "seed")} for s in GRID]
    assert list(serial.columns)[: len(DEFAULTS)] == list(DEFAULTS)
    assert set(serial.status) == {"finished"} and set(serial.steps_taken) == {6}


def test_trial_is_fit_with_these_settings(serial, digits):
    torch.manual_seed(1)
    model = ae.Autoencoder((784, 16, 3), head=torch.nn.Identity)
    few = ae.Images("few", ae.Split(digits.train.x[:200]), digits.val, digits.test, digits.classes)
    ae.fit(model, few, ae.losses.squared_error, steps=6, lr=1e-2)
    row = serial[(serial.lr == 1e-2) & (serial.seed == 1)].iloc[0]
    assert row.train_error == pytest.approx(ae.reconstruction_error(model, few.train), rel=1e-5)
    assert row.val_error == pytest.approx(ae.reconstruction_error(model, digits.val), rel=1e-5)
    assert row.parameters == ae.models.parameter_count(model)


def test_processes_give_the_same_table(serial):
    assert comparable(sweep(GRID, n_jobs=2)).equals(comparable(serial))


def test_a_dask_cluster_gives_the_same_table(serial):
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        assert comparable(sweep(GRID)).equals(comparable(serial))


def test_a_run_that_diverges_says_so_and_the_others_finish():
    table = sweep([{**SHORT, "lr": 1e30}, {**SHORT, "lr": 1e-3}], n_jobs=1)
    assert list(table.status) == ["diverged", "finished"]
    assert table.val_error.isna().tolist() == [True, False]


def test_data_size_epochs_optimizer_and_activation_are_heard():
    base = trial(**SHORT)
    assert trial(**SHORT)["val_error"] == base["val_error"]
    for change in ({"n_images": 100}, {"optimizer": "SGD", "lr": 0.01}, {"activation": "tanh"}, {"hidden": ""}):
        assert trial(**{**SHORT, **change})["val_error"] != base["val_error"], change
    assert trial(**{**SHORT, "epochs": 3})["steps_taken"] == 6  # 200 images in batches of 100
    assert trial(**{**SHORT, "epochs": 3, "batch_size": 40})["steps_taken"] == 15


def test_a_trial_leaves_generator_and_threads_as_they_were():
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trial(**SHORT)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ([], ["empty"]),
        ([{"learning_rate": 1}], ["learning_rate", "lr"]),
        ([{}, {"activation": "relu"}], ["'relu'", "ReLU"]),
        ([{"optimizer": "adam"}], ["'adam'", "Adam"]),
        ([{"hidden": (128, 64)}], ["(128, 64)", "'128-64'"]),
        ([{"hidden": "128,64"}], ["'128,64'"]),
        ([{"n_images": 5000}], ["5000", "3,500"]),
    ],
)
def test_settings_that_cannot_work_are_refused(refused, settings, words):
    with refused(ValueError, *words):
        sweep(settings, n_jobs=1)


@pytest.mark.parametrize("name", SWEEPS)
def test_the_committed_table_has_a_row_for_each_setting_that_a_trial_would_accept(name):
    table = sweep_table(name)
    for wanted, row in zip(SWEEPS[name], table.to_dict("records"), strict=True):
        assert {key: row[key] for key in wanted} == {key: pytest.approx(value) for key, value in wanted.items()}
        assert all(isinstance(row[key], type(value)) for key, value in wanted.items()), (wanted, row)
