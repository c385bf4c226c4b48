"""Sweeps: the same table however the runs are spread; one that diverges does not take the others along."""

import math
import os
import signal
import threading
import time

import joblib
import pytest
import torch
from sklearn.model_selection import ParameterGrid

import aeutils as ae
from aeutils.chapters.ch05.sweep_tables import SWEEPS, curves_of, sweep_table
from aeutils.sweeps import DEFAULTS, MEASURED, sweep, trial

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


def test_a_run_that_diverges_says_so_and_the_others_finish():
    table = sweep([{**SHORT, "lr": 1e30}, {**SHORT, "lr": 1e-3}], n_jobs=1)
    assert list(table.status) == ["diverged", "finished"]
    assert table.val_error.isna().tolist() == [True, False]


def test_data_size_epochs_optimizer_activation_and_start_are_heard():
    base = trial(**SHORT)
    assert trial(**SHORT)["val_error"] == base["val_error"]
    for change in (
        {"n_images": 100},
        {"optimizer": "SGD", "lr": 0.01},
        {"activation": "tanh"},
        {"start": "He"},
        {"hidden": ""},
    ):
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
        ([{"start": "he"}], ["'he'", "PyTorch, He"]),
        ([{"optimizer": "adam"}], ["'adam'", "Adam"]),
        ([{"hidden": (128, 64)}], ["(128, 64)", "'128-64'"]),
        ([{"hidden": "128,64"}], ["'128,64'"]),
        ([{"n_images": 5000}], ["5000", "3,500"]),
        (None, ["settings is None"]),
        ({"lr": 1e-3}, ["settings is {'lr': 0.001}", "one dictionary for each run"]),
        ([3], ["settings holds 3"]),
        ([{"seed": -1}], ["seed=-1"]),
        ([{"code_size": 2.5}], ["code_size=2.5"]),
        ([{"data": "mnist6"}], ["'mnist6'", "'mnist-5k'"]),
        ([{"model": "conv"}], ["model is 'conv'", "def small(settings, shape)"]),
        ([{"loss": "cross_entropy"}], ["loss is 'cross_entropy'", "ae.losses"]),
        ([{**SHORT, "model": lambda settings, shape: None}], ["model makes None", "torch module"]),
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


def test_curves_are_means_over_seeds_of_what_varies():
    depths, means, spread = curves_of("depth, He's start", "depth")
    two = sweep_table("depth, He's start").query("hidden == '128-128'")
    assert depths == [1, 2, 3, 4, 5] and list(means) == list(spread) == ["training", "validation"]
    assert means["validation"][2] == pytest.approx(two.val_error.mean())
    assert spread["training"][2] == pytest.approx(two.train_error.std())
    assert curves_of("depth", "width")[0] == [0, 128]


# --- a model and a loss of one's own, data of another shape ---


def small_convolution(settings, shape):
    return ae.ConvAutoencoder(settings["code_size"], (4, 8), shape=shape)


def variational(settings, shape):
    return ae.VariationalAutoencoder((math.prod(shape), 16, settings["code_size"]), shape=shape)


@pytest.fixture(scope="module")
def colourful():
    x = torch.rand(90, 3, 9, 10, generator=torch.Generator().manual_seed(0))
    return ae.Images("colourful", ae.Split(x[:60]), ae.Split(x[60:80]), ae.Split(x[80:]), ())


@pytest.mark.parametrize("model", [None, small_convolution, variational])
@pytest.mark.parametrize("loss", [ae.losses.squared_error, ae.losses.cross_entropy])
def test_a_trial_takes_a_model_a_loss_and_colour(colourful, model, loss):
    found = trial(model=model, loss=loss, data=colourful, hidden="", code_size=3, steps=5, batch_size=20, seed=2)
    torch.manual_seed(2)
    settings = {**DEFAULTS, "code_size": 3}
    expected = (
        model(settings, (3, 9, 10)) if model else ae.Autoencoder((270, 3), head=torch.nn.Identity, shape=(3, 9, 10))
    )
    ae.fit(expected, colourful, loss, steps=5, batch_size=20, lr=DEFAULTS["lr"])
    assert found["parameters"] == ae.models.parameter_count(expected)
    assert found["train_error"] == pytest.approx(ae.reconstruction_error(expected, colourful.train), rel=1e-4)
    assert found["val_error"] == pytest.approx(ae.reconstruction_error(expected, colourful.val), rel=1e-4)
    assert found["data"] == "colourful"
    assert found.get("model") == (model and model.__name__)
    assert found.get("loss") == (None if loss is ae.losses.squared_error else "cross_entropy")


def test_a_sampled_loss_is_reported_from_the_posterior_mean(colourful):
    found = trial(model=variational, loss=ae.losses.variational_squared_error, data=colourful, code_size=2, steps=3)
    torch.manual_seed(0)
    model = variational({**DEFAULTS, "code_size": 2}, (3, 9, 10))
    ae.fit(model, colourful, ae.losses.variational_squared_error, steps=3, lr=DEFAULTS["lr"])
    assert found["val_error"] == pytest.approx(ae.reconstruction_error(model, colourful.val), rel=1e-4)


def test_models_losses_and_data_travel_to_other_processes(colourful):
    rows = [
        {"data": colourful, "model": model, "loss": loss, "code_size": 2, "steps": 3, "batch_size": 20}
        for model in (small_convolution, lambda settings, shape: variational(settings, shape))
        for loss in (ae.losses.squared_error, ae.losses.cross_entropy)
    ]
    table = sweep(rows, n_jobs=2)
    assert table.model.tolist()[:2] == ["small_convolution"] * 2 and "lambda" in table.model[2]
    assert table.loss.fillna("").tolist() == ["", "cross_entropy"] * 2
    assert comparable(table).equals(comparable(sweep(rows, n_jobs=1)))


def test_what_cannot_travel_is_found_out_before_the_first_run(refused, monkeypatch):
    lock = threading.Lock()

    def loss(model, x):
        with lock:
            return ae.losses.squared_error(model, x)

    rows = [{**SHORT}, {**SHORT, "loss": loss}]
    with refused(ValueError, "loss=", "cannot be sent to another process", "n_jobs=1"):
        sweep(rows, n_jobs=2)
    assert set(sweep(rows, n_jobs=1).status) == {"finished"}


@pytest.mark.parametrize("n_jobs", [0, "all", 1.5, True])
def test_an_impossible_number_of_jobs_is_refused(refused, n_jobs):
    with refused(ValueError, f"n_jobs={n_jobs!r}"):
        sweep([SHORT], n_jobs=n_jobs)


# --- processes that are killed, Ctrl-C ---


def small(settings, shape):
    return ae.Autoencoder((784, settings["code_size"]), head=torch.nn.Identity)


def five_runs(happens):
    """Settings of five short runs; `happens(seed)` is called at the start of each."""

    def model(settings, shape):
        happens(settings["seed"])
        return small(settings, shape)

    model.__qualname__ = small.__qualname__
    return [{**SHORT, "model": model, "seed": seed} for seed in range(5)]


@pytest.fixture(scope="module")
def five():
    return comparable(sweep(five_runs(lambda seed: None), n_jobs=1))


def killer(folder, times):
    """What the second run does: note its process, then kill it, unless it has done so `times` times."""
    parent = os.getpid()

    def happens(seed):
        with open(folder / str(seed), "a") as log:
            log.write(f"{os.getpid()}\n")
        if seed == 1 and len((folder / "1").read_text().split()) <= times and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return happens


def attempts(folder):
    return [len((folder / str(seed)).read_text().split()) for seed in range(5)]


@pytest.mark.slow
def test_a_killed_process_costs_only_its_run_which_is_repeated(five, tmp_path):
    with pytest.warns(RuntimeWarning, match=r"killed during run 1 \(.*seed=1\).*It is run again"):
        table = sweep(five_runs(killer(tmp_path, times=1)), n_jobs=2)
    assert comparable(table).equals(five)
    assert attempts(tmp_path) == [1, 2, 1, 1, 1]


def test_a_run_that_kills_its_process_twice_has_a_row_that_says_so(five, tmp_path):
    with pytest.warns(RuntimeWarning, match=r'killed during run 1 \(.*Its status is "killed"'):
        table = sweep(five_runs(killer(tmp_path, times=9)), n_jobs=2)
    assert list(table.status) == ["finished", "killed", *["finished"] * 3]
    assert attempts(tmp_path) == [1, 2, 1, 1, 1]
    assert table.loc[1, list(MEASURED)].isna().all()
    assert list(comparable(table).columns) == list(five.columns)
    for name in five.columns:
        assert list(table[name].drop(1)) == list(five[name].drop(1)), name
        assert name in ("status", *MEASURED) or table[name][1] == five[name][1], name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:a process was killed")  # on a busy machine, found out when it has work again
def test_processes_killed_between_sweeps_are_replaced(five, tmp_path):
    sweep(five_runs(killer(tmp_path, times=0)), n_jobs=2)
    pids = {int(pid) for seed in range(5) for pid in (tmp_path / str(seed)).read_text().split()}
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert comparable(sweep(five_runs(lambda seed: None), n_jobs=2)).equals(five)


def test_ctrl_c_keeps_what_was_finished(five, tmp_path):
    parent, last_has_started = os.getpid(), tmp_path / "last"

    def happens(seed):
        if seed == 4:  # starts when of the others only the fourth is left
            last_has_started.touch()
            time.sleep(60)
        if seed == 3:
            while not last_has_started.exists():
                time.sleep(0.01)
            time.sleep(0.3)  # until the sweep waits for both
            os.kill(parent, signal.SIGINT)
            time.sleep(60)

    started = time.monotonic()
    table = sweep(five_runs(happens), n_jobs=2)
    assert time.monotonic() - started < 50
    assert list(table.status) == ["finished"] * 3 + ["interrupted"] * 2
    assert list(table.val_error[:3]) == list(five.val_error[:3]) and table.val_error[3:].isna().all()


@pytest.mark.parametrize("where", ["before training", "in training"])
def test_ctrl_c_ends_a_sweep_of_one_run_at_a_time(five, where):
    def happens(seed):
        if seed == 1 and where == "before training":
            raise KeyboardInterrupt

    def loss(model, x):
        raise KeyboardInterrupt

    rows = five_runs(happens)
    rows[1]["loss"] = loss
    table = sweep(rows, n_jobs=1)
    assert list(table.status) == ["finished", *["interrupted"] * 4]
    assert table.val_error[0] == five.val_error[0]


@pytest.mark.slow
def test_progress_advances_as_runs_finish_in_whatever_order(five, tmp_path, monkeypatch):
    seen = []

    def progress(outcomes, **options):
        for i, row in outcomes:
            seen.append(i)
            yield i, row

    def happens(seed):
        (tmp_path / str(seed)).touch()
        while seed == 0 and not (tmp_path / "4").exists():
            time.sleep(0.01)

    monkeypatch.setattr(ae.runtime, "progress", progress)
    assert comparable(sweep(five_runs(happens), n_jobs=2)).equals(five)
    assert sorted(seen) == list(range(5)) and seen[:3] == [1, 2, 3]


IN_A_FOLDER = """
import json, os, tempfile
from aeutils.sweeps import sweep
if __name__ == "__main__":
    settings = [{"n_images": 100, "hidden": "", "code_size": 2, "steps": 2, "seed": seed} for seed in (0, 1)]
    table = sweep(settings, n_jobs=2)
    print(json.dumps([tempfile.gettempdir(), os.listdir(tempfile.gettempdir()), table.status.tolist()]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_the_temporary_folder_of_somebody_called_juergen(fresh_python, tmp_path, locale):
    folder = tmp_path / "Jürgen"
    folder.mkdir()
    # on Linux joblib takes /dev/shm unless told; elsewhere, the temporary folder
    env = {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP", "JOBLIB_TEMP_FOLDER")}
    env["TORCHINDUCTOR_CACHE_DIR"] = str(tmp_path / "torch")  # an optimiser brings PyTorch's compiler, which makes one
    used, left, status = fresh_python(IN_A_FOLDER, **env, **locale)
    assert used.endswith("rgen")
    assert (left, status) == ([], ["finished"] * 2)


# --- a dask cluster ---


@pytest.fixture(scope="module")
def dask_cluster():
    """Two processes of a dask cluster, for which `joblib.parallel_config(backend="dask")` asks."""
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        yield


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_table(serial, dask_cluster):
    with joblib.parallel_config(backend="dask"):
        assert comparable(sweep(GRID)).equals(comparable(serial))


@pytest.mark.slow
def test_a_dask_cluster_repeats_what_a_killed_worker_was_at(five, dask_cluster, tmp_path):
    with joblib.parallel_config(backend="dask"):
        assert comparable(sweep(five_runs(killer(tmp_path, times=1)))).equals(five)
