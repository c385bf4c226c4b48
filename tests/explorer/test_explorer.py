"""The latent-space explorer's Python side, and the browser's body as far as Node can run it."""

import base64
import copy
import gc
import json
import re
import subprocess
import weakref
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import NO_NODE, NO_TYPESCRIPT, NODE, TSC, in_node
from torch import nn
from traitlets import TraitError

import aeutils as ae
from aeutils import stills
from aeutils.data import Images, Split
from aeutils.evaluation import decode, encode, reconstruct, squared_errors
from aeutils.explorer import bundle, subject, widget
from aeutils.explorer.images import shown_images
from aeutils.explorer.payload import Payload
from aeutils.explorer.plane import first_plane, reach

needs_node = pytest.mark.skipif(NODE is None, reason=NO_NODE)
needs_typescript = pytest.mark.skipif(TSC is None or NODE is None, reason=NO_TYPESCRIPT)
TESTS = Path(__file__).parent


@needs_node
@pytest.mark.parametrize("name", sorted(path.name for path in TESTS.glob("*.test.mjs")))
def test_the_browsers_modules_in_node(name):
    done = in_node("--test", "--test-reporter=tap", str(TESTS / name))
    assert done.returncode == 0, done.stdout[-4000:]


def run_in_node(path, expression):
    """The expression's value, with `found` the default export of the module at `path`."""
    code = f"const found = (await import({path.as_uri()!r})).default; console.log(JSON.stringify({expression}))"
    done = in_node("--input-type=module", "-e", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_bundle_is_one_module_with_every_file_in_it(tmp_path):
    (tmp_path / "bundle.mjs").write_text(bundle.script(), encoding="utf-8")
    assert run_in_node(tmp_path / "bundle.mjs", "typeof found.render") == "function"
    names = re.findall(r'^modules\["(\S+)"\] = ', bundle.script(), re.MULTILINE)
    assert names[-1] == "widget.js"
    files = {path.relative_to(bundle.BODY).as_posix() for path in bundle.BODY.rglob("*.js")}
    assert sorted(names) == sorted(files - {"loader.js"} | {"../../stills/still.js"})
    assert re.findall(r"^(?:import|export) .*", bundle.script(), re.MULTILINE) == ["export default { render };"]
    assert "http" not in bundle.script().replace("http://www.w3.org/2000/svg", "")
    assert "@typedef" not in bundle.script(), "types are for those who read the files"


@needs_node
def test_files_that_use_one_name_do_not_meet_in_the_bundle(tmp_path):
    files = {
        "a.js": """import { b as other } from "./sub/b.js";
const help = () => "a";
/** @returns {string} */
export function told() {
  return help() + other();
}
""",
        "sub/b.js": """import { told } from "../c.js";
const help = () => "b";
export const b = () => help() + told();
""",
        "c.js": """export async function late() {}
export function* several() {}
export const told = () => "c";
""",
    }
    (tmp_path / "sub").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "all.mjs").write_text(bundle.bundled(tmp_path, "a.js"))
    assert run_in_node(tmp_path / "all.mjs", "found.told()") == "abc"


def test_what_the_bundle_cannot_take_is_refused(tmp_path, refused):
    for text, told in (
        ("export let x = 1;", "export let x = 1;"),
        ('import * as y from "./a.js";', "import * as y"),
        ('import { x } from "./a.js";', "a.js -> a.js"),
    ):
        (tmp_path / "a.js").write_text(f"{text}\n")
        with refused(ValueError, told):
            bundle.bundled(tmp_path, "a.js")


@pytest.fixture(scope="module")
def type_errors(tmp_path_factory, few):
    """What TypeScript finds wrong in the body and in three more files: lines that start with a file's name."""
    torch.manual_seed(0)
    models = {
        "plain": ae.Autoencoder((784, 32, 1)),
        "five": ae.VariationalAutoencoder((784, 32, 5)),
        "convolutional": ae.ConvAutoencoder(2),
        "article": ae.ArticleAutoencoder((784, 16, 16, 16, 4)),
    }
    kind = f'import("{(bundle.BODY / "subject.js").as_posix()}").Meta'

    def described(images):
        shown = shown_images(images, "test")
        return subject.gather(subject.explored(models, shown), shown)[0]

    def typed(metas):
        return f"/** @type {{{kind}[]}} */\nexport const metas = {json.dumps(metas)};\n"

    right = [described(few), described(few.test.x[:1])]
    wrong = copy.deepcopy(right)
    wrong[0]["models"][0]["colour"] = "red"  # more than the types say, and less
    del wrong[1]["points"]["note"]
    module = (bundle.BODY / "axis.js").as_posix()
    careless = f'import {{ tickText }} from "{module}";\ntickText("1");\nexport const f = (x) => x;\n'
    files = {"careless": careless, "right": typed(right), "wrong": typed(wrong)}

    folder = tmp_path_factory.mktemp("types")
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    include = [f"{bundle.BODY.as_posix()}/**/*.js", *(f"{name}.js" for name in files)]
    settings = {"extends": (bundle.BODY / "jsconfig.json").as_posix(), "include": include}
    (folder / "jsconfig.json").write_text(json.dumps(settings))
    done = subprocess.run([TSC, "-p", "jsconfig.json"], cwd=folder, capture_output=True, text=True, timeout=120)
    return done.stdout.splitlines()


@needs_typescript
def test_the_browsers_modules_have_no_type_errors(type_errors):
    for path in bundle.BODY.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("// @ts-check\n") and "@ts-ignore" not in text and "@ts-nocheck" not in text, path
    found = [re.match(r"(\S+)\.js.*?(?:error (TS\d+))", line) for line in type_errors if not line.startswith(" ")]
    assert {each[1] for each in found} == {"careless", "wrong"}, type_errors  # nothing in any other file
    assert [each[2] for each in found if each[1] == "careless"] == ["TS2345", "TS7006"], "and these are noticed"


@needs_typescript
def test_the_description_is_what_the_types_say(type_errors):
    found = "\n".join(type_errors)
    assert "right.js" not in found and "'\"colour\"'" in found and "'note'" in found, found


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return ae.Autoencoder((784, 32, 2))


@pytest.fixture(scope="module")
def explorer(model, few):
    return ae.explore(model, few)


def unpacked(explorer):
    raw = zlib.decompress(explorer.payload)

    def array(entry):
        return np.frombuffer(raw, entry["dtype"], entry["length"], entry["start"])

    return array


def test_what_travels_is_what_was_given(explorer, model, few):
    array, meta = unpacked(explorer), explorer.meta
    assert np.array_equal(array(meta["points"]["pixels"]).reshape(-1, 1, 28, 28), (few.test.x * 255).round().numpy())
    assert np.array_equal(array(meta["points"]["labels"]), few.test.y.numpy())
    assert np.array_equal(array(meta["training"]["pixels"]).reshape(-1, 784), (few.train.x * 255).round().flatten(1))
    (described,) = meta["models"]
    assert np.allclose(array(described["codes"]).reshape(-1, 2), encode(model, few.test.x))
    assert described["numbers"]["dtype"] == "float16"
    assert described["numbers"]["length"] == ae.models.parameter_count(model)
    assert described["measures"]["squared error"] == pytest.approx(ae.reconstruction_error(model, few.test))


def test_the_first_image_is_well_rebuilt_by_every_model_and_comes_with_its_pixels(few, monkeypatch):
    monkeypatch.setattr(subject, "MOST_BYTES", 25 * 784)
    torch.manual_seed(0)
    models = {"plain": ae.Autoencoder((784, 32, 2)), "other": ae.Autoencoder((784, 32, 2))}
    for model in models.values():
        ae.fit(model, few, ae.losses.squared_error, steps=200)
    for given in (models, models["other"]):
        first = ae.explore(given, few).meta["points"]["first"]
        assert first in subject._evenly(few.test.x)
        for model in given.values() if given is models else [given]:
            errors = squared_errors(few.test.x, reconstruct(model, few.test.x))
            assert errors[first] <= 1.1 * errors.median()
    assert ae.explore(models["plain"], few.test.x[:1]).meta["points"]["first"] == 0


def medians(pictures, labels, train, nth=0):
    """Median squared distance to the nearest (or next nearest) training image: of all, and of the labels 0 and 1."""
    distance = torch.cdist(pictures.flatten(1), train.flatten(1)).square().sort(1).values[:, nth]
    return [float(np.median(some)) for some in (distance, distance[labels == 0], distance[labels == 1])]


def test_the_usual_distances_are_medians_of_images_and_of_reconstructions(explorer, model, few):
    for usual, pictures in (
        (explorer.meta["training"]["usual"], few.test.x),
        (explorer.meta["models"][0]["usual"], reconstruct(model, few.test.x)),
    ):
        told = [usual["all"], *usual["classes"][:2]]
        assert told == pytest.approx(medians(pictures, few.test.y, few.train.x), rel=1e-3)
    rare = torch.bincount(few.test.y, minlength=10) < 5
    assert [value is None for value in explorer.meta["training"]["usual"]["classes"]] == rare.tolist()
    assert explorer.meta["measured"] == 50


def test_training_images_are_held_against_the_others(model, few):
    usual = ae.explore(model, few, on="train").meta["training"]["usual"]
    told = [usual["all"], *usual["classes"][:2]]
    assert told == pytest.approx(medians(few.train.x, few.train.y, few.train.x, nth=1), rel=1e-3)
    assert ae.explore(model, few.test.x[:1]).meta["training"]["usual"] is None  # there is no other


def outputs(explorer, monkeypatch):
    """Data and metadata of each output that a cell gets when it shows the explorer."""
    shown = []
    monkeypatch.setattr(stills, "display", lambda data, raw, metadata=None: shown.append((data, metadata or {})))
    explorer._ipython_display_()
    return shown


def test_the_still_is_an_output_of_its_own_before_the_explorer(explorer, monkeypatch):
    (still, metadata), (line, _), (live, _) = outputs(explorer, monkeypatch)
    assert (
        still["text/plain"] == "Latent space of an autoencoder: 2 code units, 50 test images. Run this cell to explore."
    )
    assert base64.b64decode(still["image/png"]).startswith(b"\x89PNG")
    assert still.keys() == {"image/png", "text/plain"} and line.keys() == {"text/html"}
    assert live.keys() == {stills.VIEW}
    alt = metadata["image/png"]["alt"]
    assert "map" in alt and "grid" in alt and "from A to B" in alt and "unit 1, low to high" in alt


def test_the_still_has_the_circles_of_the_prior_where_the_explorer_begins_with_them(few):
    torch.manual_seed(0)
    model = ae.VariationalAutoencoder((784, 32, 3))
    plain, with_circles = (ae.explore(model, few, state=f"layers=contours:{lines}") for lines in ("density", "prior"))
    assert not plain.picture.subfigs[0].axes[0].patches
    circles = with_circles.picture.subfigs[0].axes[0].patches
    z = torch.randn(100_000, 2)  # a plane through a normal distribution is one
    shares = [(z.norm(dim=1) < circle.radius).double().mean().item() for circle in circles]
    assert np.allclose(shares, (0.5, 0.8, 0.95), atol=0.01)
    plane = first_plane(encode(model, few.test.x))
    assert np.allclose(circles[0].center, (torch.zeros(3) - plane.origin) @ plane.axes.T, atol=1e-4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ae.Autoencoder((784, 32, 1)),
        lambda: ae.Autoencoder((784, 32, 5), nn.GELU, nn.Identity),
        lambda: ae.VariationalAutoencoder((784, 32, 3)),
        lambda: ae.ConvAutoencoder(4),
    ],
)
def test_every_kind_of_model_travels_whole(make, few):
    torch.manual_seed(0)
    explorer = ae.explore(make(), few)
    (described,) = explorer.meta["models"]
    assert described["encoder"] and described["decoder"] and not described["notes"]


class Sorting(ae.Autoencoder):
    """Its decoder does something that the browser does not know."""

    def decode(self, z):
        return super().decode(z.sort(1).values)


def test_what_the_browser_does_not_know_asks_the_kernel_and_says_so(few, refused, tmp_path):
    torch.manual_seed(0)
    model = Sorting((784, 16, 4))
    explorer = ae.explore(model, few)
    (described,) = explorer.meta["models"]
    assert described["decoder"] is None and described["encoder"]
    assert "does not know sort" in described["notes"][0] and "kernel" in described["notes"][0]
    with refused(ValueError, "does not know sort"):
        explorer.save_html(tmp_path / "page.html")

    sent = []
    explorer.send = lambda message, buffers: sent.append((message, buffers))
    z = encode(model, few.test.x[:3])
    question = {"id": "1", "operation": "decode", "model": 0}
    explorer._answer(explorer, question, [memoryview(z.numpy().tobytes())])
    reply, (buffer,) = sent.pop()
    assert reply == {"id": "1"}
    assert np.allclose(np.frombuffer(buffer, np.float32).reshape(3, 1, 28, 28), decode(model, z), atol=1e-6)
    explorer._answer(explorer, question, [memoryview(b"\0\0\0\0")])
    assert "problem" in sent.pop()[0]


class Softplus(ae.VariationalAutoencoder):
    """A posterior whose spread is not the exponential of half the encoder's output."""

    def posterior(self, x):
        normal = super().posterior(x)
        return torch.distributions.Normal(normal.mean, torch.nn.functional.softplus(2 * normal.stddev.log()))


def test_a_posterior_of_any_kind_has_a_band(few):
    torch.manual_seed(0)
    for kind, known in ((ae.VariationalAutoencoder, True), (Softplus, True), (ae.Autoencoder, False)):
        (described,) = ae.explore(kind((784, 32, 2)), few).meta["models"]
        assert described["spread"] is known and described["encoder"]


def test_what_cannot_be_explored_is_refused_in_one_line(model, few, refused):
    with refused(ValueError, "Linear", "encode"):
        ae.explore(nn.Linear(2, 2), few)
    with refused(ValueError, "models is empty"):
        ae.explore({}, few)
    with refused(ValueError, "on='all'", "test"):
        ae.explore(model, few, on="all")
    with refused(ValueError, "labels"):
        ae.explore(model, Split(few.test.x, few.test.y[:3]))
    broken = ae.Autoencoder((784, 32, 2))
    with torch.no_grad():
        broken.encoder[0].weight.fill_(float("nan"))
    with refused(ValueError, "not finite", "50"):
        ae.explore(broken, few)
    constant = ae.Autoencoder((784, 32, 2))
    with torch.no_grad():
        constant.encoder[-1].weight.zero_()
    with refused(ValueError, "same code"):
        ae.explore(constant, few)
    compared = ae.explore({"collapsed": constant, "other": model}, few)
    assert [bool(described["constant"]) for described in compared.meta["models"]] == [True, False]


class Raises(ae.Autoencoder):
    """A reader's own model that does not run."""

    def decode(self, z):
        raise RuntimeError("not today\nand this is a second line")


def test_bad_input_to_explore_ends_in_one_line(model, few, refused):
    for junk in (None, 3, "model", [model], ae.Autoencoder, {"one": None}):
        with refused(ValueError, "class Autoencoder" if isinstance(junk, type) else "encode="):
            ae.explore(junk, few)
    for junk in (None, 3, "mnist-5k", [1], few.test.x[0, 0]):
        with refused(ValueError, "images", "expected"):
            ae.explore(model, junk)
    for junk in (None, 3, "all", ["test"], torch.zeros(3, 3)):
        with refused(ValueError, "on=", "'test', 'val' or 'train'"):
            ae.explore(model, few, on=junk)
        if not isinstance(junk, str):
            with refused(ValueError, "title", "text"):
                ae.explore(model, few, title=junk)
    x, y = few.test.x, few.test.y
    with refused(ValueError, "Autoencoder.encode fails on images [B, 3, 28, 28]"):
        ae.explore(model, x.expand(-1, 3, -1, -1))
    for labels, told in ((y + 0.5, "float32"), (y - 2, "lowest label is -2"), (y + 70_000, "classes")):
        with refused(ValueError, told):
            ae.explore(model, Split(x, labels))
    with refused(ValueError, "label 9", "2 classes"):
        ae.explore(model, Images("named", few.train, few.val, few.test, ("a", "b")))
    with refused(ValueError, "[1, 20, 20]", "[1, 28, 28]"):
        ae.explore(model, Images("two shapes", few.train, few.val, Split(x[:, :, :20, :20]), few.classes))
    with refused(ValueError, "Autoencoder.encode fails", "20"):
        ae.explore(model, x[:, :, :20, :20])
    with refused(ValueError, "Raises.decode fails", "RuntimeError: not today"):
        ae.explore(Raises((784, 32, 2)), few)
    nothing = ae.Autoencoder((784, 32, 2))
    nothing.encode = lambda x: x.new_zeros(len(x), 0)
    with refused(ValueError, "Autoencoder.encode returns float32", "0]", "no codes"):
        ae.explore(nothing, few)
    broken = ae.Autoencoder((784, 32, 2))
    with torch.no_grad():
        broken.decoder[-1].bias.fill_(float("nan"))
    with refused(ValueError, "pictures that are not finite"):
        ae.explore(broken, few)


def test_bad_paths_end_in_one_line(explorer, tmp_path, refused):
    for path, told in (
        (tmp_path, "cannot be written"),
        (tmp_path / "not there" / "page.html", "make its folder first"),
        ("a\0b", "cannot be written"),
        ("x" * 300, "cannot be written"),
        (None, "path is of type NoneType"),
        (3, "path is of type int"),
    ):
        with refused(ValueError, told, "such as 'explorer.html'"):
            explorer.save_html(path)


def test_the_code_is_checked_where_it_is_set(model, few, refused):
    torch.manual_seed(0)
    explorer = ae.explore({"two": model, "three": ae.Autoencoder((784, 16, 3))}, few)
    explorer.code = [0.5, -1]
    explorer.code = torch.ones(2, requires_grad=True)
    assert explorer.code == [1, 1]
    for junk in (None, 3, "ab", [1, "a"], [1, None], [float("nan"), 1], torch.zeros(2, 2), {"a": 1}):
        with refused(TraitError, "code is of type", "expected finite numbers"):
            explorer.code = junk
    with refused(TraitError, "code has 3 numbers", "two has 2 code units"):
        explorer.code = [1, 2, 3]
    with refused(TraitError, "'four'", "'two', 'three'"):
        explorer.model = "four"
    assert explorer.code == [1, 1] and explorer.model == "two"
    explorer.set_state({"code": [1, 2, 3], "model": "three"})  # what the browser tells: both at once
    assert explorer.code == [1, 2, 3]


def test_one_image_and_images_without_labels(model, few):
    one = ae.explore(model, few.test.x[:1])
    assert one.meta["points"]["count"] == one.meta["training"]["count"] == 1
    assert one.meta["points"]["labels"] is None
    assert "1 image." in repr(one)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 16])
def test_the_first_plane(size):
    codes = torch.randn(400, size, generator=torch.manual_seed(size)) * torch.linspace(1, 2, size) + 1
    plane = first_plane(codes)
    assert plane.principal is (size > 2)
    assert torch.allclose(plane.axes @ plane.axes.T, torch.eye(len(plane.axes)), atol=1e-5)
    assert torch.allclose((codes - plane.origin) @ plane.axes.T, plane.places[:, : len(plane.axes)], atol=1e-5)
    if size > 2:  # the widest plane there is, with the largest entry of each axis positive
        spread = torch.linalg.svdvals(codes.double() - codes.double().mean(0))
        assert plane.places.double().var(0).tolist() == pytest.approx((spread[:2] ** 2 / 399).tolist(), rel=1e-4)
        assert (plane.axes.gather(1, plane.axes.abs().argmax(1, keepdim=True)) > 0).all()
        assert torch.equal(plane.components[:2], plane.axes) and len(plane.components) == size
        assert torch.allclose(plane.components @ plane.components.T, torch.eye(size), atol=1e-5)
        assert plane.sds.tolist() == pytest.approx((spread / 400**0.5).tolist(), rel=1e-4)
    else:
        assert plane.components.shape == (0, size) and plane.sds.shape == (0,)
        assert torch.equal(plane.places[:, 0], codes[:, 0]) and plane.names[0] == "code unit 1"
    if size > 1:
        spread = np.var(codes.double().numpy(), axis=0).sum()
        shares = np.var(codes.double().numpy() @ plane.axes.double().numpy().T, axis=0) / spread
        assert plane.shares == pytest.approx(shares.tolist(), rel=1e-5)
        assert plane.labels[1] == f"{plane.names[1]} ({100 * shares[1]:.0f} % of the variance)"
    else:
        assert plane.shares is None and plane.labels == plane.names
    low, high = plane.frame
    inside = ((plane.places.numpy() >= low) & (plane.places.numpy() <= high)).all(1)
    assert 0.98 <= inside.mean() <= 1
    assert (high - low)[0] == pytest.approx((high - low)[1]), "one scale for both"
    grid = (plane.grid(5) - plane.origin) @ plane.axes.T
    assert grid[12].tolist() == pytest.approx(((low + high) / 2)[: len(plane.axes)].tolist(), abs=1e-5)
    assert grid[0, 0] < grid[4, 0] and (size == 1 or grid[0, 1] > grid[20, 1]), "from the upper left"


def test_planes_of_few_or_equal_codes():
    for codes in (torch.ones(1, 5), torch.ones(7, 5)):
        plane = first_plane(codes)
        assert not plane.principal and plane.reach.tolist() == [[0, 2], [0, 2]]
        assert plane.labels == ("code unit 1", "code unit 2"), "nothing varies"
    assert first_plane(torch.tensor([[1.0, 2, 3], [4, 5, 6]])).principal
    assert reach(torch.tensor([[0.0, 5], [1, 5]]))[1].tolist() == [4, 6], "never empty"


def test_a_single_image_with_a_longer_code_has_an_explorer(few):
    (described,) = ae.explore(ae.Autoencoder((784, 32, 3)), few.test.x[:1]).meta["models"]
    assert described["principal"] is None


def test_of_very_many_images_some_come_with_their_pixels(model, digits):
    x = digits.train.x.repeat(18, 1, 1, 1)[:60_000]
    explorer = ae.explore(model, Split(x, digits.train.y.repeat(18)[:60_000]))
    count = subject.MOST_BYTES // 784
    assert explorer.meta["points"]["pictures"] == explorer.meta["training"]["count"] == count
    assert f"60,000 images; the pixels of {count:,} of them" in explorer.meta["points"]["note"]
    assert f"{count:,} of the 60,000" in explorer.meta["training"]["note"]
    assert len(explorer.payload) < 3e6


def test_several_models_are_measured(few):
    torch.manual_seed(0)
    models = {"plain": ae.Autoencoder((784, 32, 5)), "variational": ae.VariationalAutoencoder((784, 32, 2))}
    plain, variational = (described["measures"] for described in ae.explore(models, few).meta["models"])
    assert plain["code units"] == 5 and "KL (nats)" not in plain
    posterior = models["variational"].posterior(few.test.x)
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum(1).mean()
    assert variational["KL (nats)"] == pytest.approx(kl.item(), rel=1e-4)
    assert variational["active units"] == ae.evaluation.active_units(models["variational"], few.test)


def test_default_model_stays_below_3_mb_in_the_notebook(digits, monkeypatch):
    """All that the notebook stores: packed arrays and still in base64, the browser's body, the description."""
    torch.manual_seed(0)
    explorer = ae.explore(ae.Autoencoder(), digits)
    (still, _), *_ = outputs(explorer, monkeypatch)
    stored = len(base64.b64encode(explorer.payload)) + len(still["image/png"]) + len(json.dumps(explorer.meta))
    assert stored + len(explorer._esm) + len(explorer._body) + len(explorer._css) < 3e6


def test_saved_page_fetches_nothing_and_survives_odd_names(few, model, tmp_path):
    explorer = ae.explore({"</script><b>": model}, few, title="a < b & c")
    text = explorer.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "</script><b>" not in text
    assert "<title>a &lt; b &amp; c</title>" in text
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', text) == []


def test_model_on_a_gpu(cuda, few):
    model = ae.Autoencoder((784, 32, 2)).to(cuda)
    explorer = ae.explore(model, few)
    assert explorer.meta["models"][0]["decoder"] and next(model.parameters()).is_cuda


def test_a_cell_that_is_run_again_closes_what_it_showed_before(explorer, model, few, monkeypatch):
    class Shell:
        execution_count = 1
        cell = "one"

        def get_parent(self):
            return {"metadata": {"cellId": self.cell}}

    shell = Shell()
    monkeypatch.setattr(widget, "get_ipython", lambda: shell)
    monkeypatch.setattr(widget, "_SHOWN_BY_CELL", {})
    closed = []
    monkeypatch.setattr(widget.Explorer, "close", lambda self: closed.append(self))
    first, second, third = (
        widget.Explorer({"Autoencoder": model}, explorer.meta, b"", explorer.picture) for _ in range(3)
    )
    outputs(first, monkeypatch)
    outputs(second, monkeypatch)  # two in one run stay
    assert closed == []
    shell.cell, shell.execution_count = "two", 2
    outputs(second, monkeypatch)  # and is shown in another cell
    shell.cell, shell.execution_count = "one", 3
    outputs(third, monkeypatch)
    assert closed == [first]


def test_a_closed_explorer_holds_nothing(model, few, refused, tmp_path):
    """IPython keeps what a cell has shown, and ipywidgets a closed widget's layout."""
    from ipywidgets.widgets import widget as registry

    before = set(registry._instances)
    explorer = ae.explore(model, few)
    picture = weakref.ref(explorer.picture)
    sent = []
    explorer.comm.send = lambda data, **_: sent.append([*data["state"], *(path[0] for path in data["buffer_paths"])])
    explorer.close()
    explorer.close()
    gc.collect()
    assert set(registry._instances) == before
    assert picture() is None and explorer._models == {} and explorer.payload == b""
    assert sent == [["_body"], ["payload"], ["meta"], ["meta"]], "the page is told, too"
    with refused(ValueError, "closed", "run again"):
        explorer.save_html(tmp_path / "page.html")


def test_payload_refuses_what_the_browser_has_no_array_for():
    with pytest.raises(TypeError, match="int64"):
        Payload().add(np.arange(3))
