"""Geodesics and arithmetic with codes: what the browser's modules find, held against PyTorch."""

import json
from copy import deepcopy

import pages
import pytest
import torch
from browser import NO_NODE, NODE, in_node

import aeutils as ae
from aeutils.evaluation import decode, encode
from aeutils.explorer import bundle

pytestmark = pytest.mark.skipif(NODE is None, reason=NO_NODE)
READ = """
import { readFileSync } from "node:fs";
const load = (name) => import(process.env.BODY + name);
const { readSubject } = await load("/subject.js");
const meta = JSON.parse(readFileSync(process.env.FOLDER + "/meta.json"));
const subject = await readSubject(meta, new Uint8Array(readFileSync(process.env.FOLDER + "/payload")), null);
const [model] = subject.models;
const told = (value) => console.log(JSON.stringify(value));
"""


@pytest.fixture(
    scope="module",
    params=[(ae.VariationalAutoencoder, 2), (ae.Autoencoder, 32)],
    ids=["2 units", "32 units"],
)
def trained(request, digits):
    kind, size = request.param
    torch.manual_seed(0)
    model = kind((784, 64, size))
    variational = kind is ae.VariationalAutoencoder
    ae.fit(model, digits, ae.losses.variational_cross_entropy if variational else ae.losses.squared_error, steps=300)
    return model, ae.explore(model, digits)


def in_browser(folder, explorer, code):
    """What `code` tells with `told(…)` of `subject` and its only `model`."""
    (folder / "meta.json").write_text(json.dumps(explorer.meta))
    (folder / "payload").write_bytes(explorer.payload)
    done = in_node("--input-type=module", "-e", READ + code, FOLDER=str(folder), BODY=bundle.BODY.as_uri())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def energy(model, way):
    """Σ ‖D(z_{i+1}) − D(z_i)‖² along the codes `[n, k]` of a way."""
    return model.decode(way).flatten(1).diff(dim=0).square().sum()


def length(model, way):
    return decode(model, way).flatten(1).diff(dim=0).norm(dim=1).sum().item()


def test_a_geodesic_saves_what_gradients_would_save(tmp_path, trained, digits):
    model, explorer = trained
    a, b = [int((digits.test.y == label).nonzero()[0]) for label in (1, 7)]
    found = in_browser(
        tmp_path,
        explorer,
        f"""
        const [{{ geodesic, lengthOf }}, {{ straight }}] = [await load("/geodesic.js"), await load("/paths.js")];
        const start = Array.from({{ length: 41 }}, (_, i) => straight(model.codeOf({a}), model.codeOf({b}), i / 40));
        const {{ run }} = model.engine.decoder;
        const end = [...geodesic(start, run)].filter(Boolean).at(-1);
        const numbers = (way) => way.map((code) => [...code]);
        told({{ start: numbers(start), end: numbers(end), length: lengthOf(end.map(run)) }});
        """,
    )
    start, end = (torch.tensor(found[name]) for name in ("start", "end"))
    assert torch.allclose(start[[0, -1]], encode(model, digits.test.x[[a, b]]), atol=1e-4)
    assert torch.equal(end[[0, -1]], start[[0, -1]])
    assert found["length"] == pytest.approx(length(model, end), rel=2e-3)
    assert length(model, end) < length(model, start)
    with torch.no_grad():
        before, after = energy(model, start).item(), energy(model, end).item()

    # What gradients, which the browser has not, still make of it.
    exact, ends = deepcopy(model).double(), end.double()
    inner = ends[1:-1].clone().requires_grad_()
    optimizer = torch.optim.LBFGS([inner], max_iter=200, line_search_fn="strong_wolfe")

    def cost():
        optimizer.zero_grad()
        value = energy(exact, torch.cat([ends[:1], inner, ends[-1:]]))
        value.backward()
        return value

    optimizer.step(cost)
    best = cost().item()
    told = f"energies: straight {before:.4f}, found {after:.4f}, with gradients {best:.4f}"
    assert before - after > 0.9 * (before - best) > 0.01 * before, told


def test_the_geodesic_on_the_map_and_in_the_pictures(chromium, tmp_path, trained, digits):
    model, _ = trained
    image = int((digits.test.y == 1).nonzero()[0])
    path = ae.explore(model, digits, state=f"view=between&image={image}").save_html(tmp_path / "page.html")
    page = pages.opened(chromium, path, (1100, 900))
    page.locator(".aex-chart[data-ready=true]").wait_for()
    page.get_by_label("Way", exact=True).select_option("geodesic")
    page.locator(".aex-lengths [data-way=geodesic]").filter(has_not_text="sought").wait_for()
    told = page.locator(".aex-lengths [data-way]").evaluate_all(
        "all => all.map(one => parseFloat(one.textContent.slice(-5)))"
    )
    assert told[2] < min(told[:2])
    assert len(page.workers) == 1
    slider = page.get_by_label("A", exact=True)
    codes = []
    for place in range(41):
        slider.fill(str(place / 40))
        codes.append(pages.code(page))
    way = torch.tensor(codes)
    assert length(model, way) == pytest.approx(told[2], rel=0.005)
    assert told[0] == pytest.approx(
        length(model, way[0] + torch.linspace(0, 1, 41)[:, None] * (way[-1] - way[0])), rel=0.005
    )
    points = torch.tensor(
        [
            [float(value) for value in pair.split(",")]
            for pair in page.locator(".aex-walk").get_attribute("points").split()
        ]
    )
    x, y = (points[-1] - points[0]) / (points[-1] - points[0]).norm()
    assert ((points - points[0]) @ torch.stack([y, -x])).abs().max() > 1, "bent, in pixels"


def test_the_means_of_the_classes_are_those_of_pytorch(tmp_path, trained, digits):
    model, explorer = trained
    found = in_browser(
        tmp_path,
        explorer,
        """
        const { classMeans } = await load("/means.js");
        const means = classMeans(model.codes, model.size, subject.points.labels);
        told(means.map(({ label, count, code }) => [label, count, [...code]]));
        """,
    )
    codes, y = encode(model, digits.test.x), digits.test.y
    assert [label for label, _, _ in found] == list(range(10))
    for label, count, mean in found:
        assert count == int((y == label).sum())
        assert torch.allclose(torch.tensor(mean), codes[y == label].mean(0), atol=1e-4)
