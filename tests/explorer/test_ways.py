"""Geodesics and arithmetic with codes: what the browser's modules find, held against PyTorch."""

import json
from copy import deepcopy

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
