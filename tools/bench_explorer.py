"""`make bench-explorer`: the explorer dragged in a real Chromium, beside `interact` + matplotlib on the same model.

Times are taken in the page: from the time stamp that Chromium gave the mouse's movement to the first task after the
frame in which the new picture was put on the canvas (or, for matplotlib, stood in the page). Playwright moves its mouse
too rarely to fill every frame, so frames are counted while the page itself moves the pointer, every 4 ms.
"""

import base64
import json
import statistics
import time

import pytest
import torch

import aeutils as ae
from aeutils.data import Split
from aeutils.explorer import bundle
from aeutils.explorer.compile import compiled
from aeutils.explorer.graph import Constants, described

pytest_plugins = ["conftest"]  # the tests' fixtures: a JupyterLab in Chromium

MODELS = """import torch, aeutils as ae
images = ae.load("mnist-5k")
torch.manual_seed(0)
models = {"2 → 256 → 784": ae.Autoencoder((784, 256, 2)), "convolutional": ae.ConvAutoencoder(2)}"""
PLAIN = """import ipywidgets, matplotlib.pyplot as plt
def show(a=0.0, b=0.0):
    plt.figure(figsize=(3, 3))
    plt.imshow(models["2 → 256 → 784"].decode(torch.tensor([[a, b]]))[0, 0].detach(), cmap="gray", vmin=0, vmax=1)
    plt.show()
ipywidgets.interact(show, a=(-3.0, 3.0, 0.01), b=(-3.0, 3.0, 0.01));"""

WATCH = """pad => {
    const seen = window.seen = {times: [], frames: 0, first: 0, last: 0, input: 0};
    window.sweep = async milliseconds => {
        Object.assign(seen, {frames: 0, first: 0, input: 0});
        const box = pad.getBoundingClientRect(), start = performance.now(), times = [...seen.times];
        const timer = setInterval(() => {
            const turn = (performance.now() - start) / 400;
            const [x, y] = [0.5 + 0.3 * Math.cos(turn), 0.5 + 0.3 * Math.sin(turn)];
            const place = {clientX: box.left + x * box.width, clientY: box.top + y * box.height};
            pad.dispatchEvent(new PointerEvent('pointermove', {...place, bubbles: true}));
        }, 4);
        await new Promise(done => setTimeout(done, milliseconds));
        clearInterval(timer);
        seen.times = times; // of the real mouse alone
    };
    const channel = new MessageChannel();
    channel.port1.onmessage = ({data}) => seen.times.push(performance.now() - data);
    pad.addEventListener('pointermove', event => seen.input ||= event.timeStamp, true);
    const put = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = function (...given) {
        put.apply(this, given);
        if (this.canvas.dataset.role !== 'decoded' || !seen.input) return;
        seen.frames += 1;
        seen.first ||= performance.now();
        seen.last = performance.now();
        channel.port2.postMessage(seen.input);
        seen.input = 0;
    };
    window.forget = () => { CanvasRenderingContext2D.prototype.putImageData = put; };
}"""
SLIDE = """async ([handle, n]) => {
    const area = handle.closest('.jp-OutputArea');
    const source = () => area.querySelector('img')?.src;
    const times = [], start = performance.now();
    for (let i = 0; i < n; i++) {
        const before = source(), pressed = performance.now();
        handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', keyCode: 39, bubbles: true}));
        while (source() === before || !source()) {
            if (performance.now() - pressed > 5000) return null;
            await new Promise(requestAnimationFrame);
        }
        times.push(performance.now() - pressed);
    }
    return {times, frames: n, first: start, last: performance.now()};
}"""
DECODE = """async ([text, operations, numbers, indices, inputs]) => {
    const {default: {buildNetwork}} = await import(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})));
    const network = buildNetwork(operations, Float32Array.from(numbers), Int32Array.from(indices));
    const z = new Float32Array(inputs), times = [];
    for (let i = 0; i < 300; i++) {
        z[0] = i / 100;
        const start = performance.now();
        for (let j = 0; j < 5; j++) network.run(z);
        times.push((performance.now() - start) / 5);
    }
    return times.sort((a, b) => a - b)[150];
}"""


# The layers of the map, and what the choice calls them.
LAYERS = {"manifold": "manifold", "map of distances": "distance", "map of round trips": "trip"}
LAYER = """async ([choice, value]) => {
    const root = choice.closest('.aex');
    const take = value => { choice.value = value; choice.dispatchEvent(new Event('change', {bubbles: true})); };
    take('nothing');
    await new Promise(done => setTimeout(done, 500));
    const start = performance.now();
    const done = new Promise(done => {
        const watch = new MutationObserver(() => {
            if (value !== 'manifold' && !root.querySelector(`[data-shows="${value}"]`)) return;
            watch.disconnect();
            done();
        });
        watch.observe(root, {subtree: true, attributeFilter: ['data-manifold', 'data-shows']});
    });
    take(value);
    await done;
    return performance.now() - start;
}"""
IDLE = """async () => {
    const counts = {frames: 0, drawings: 0, changes: 0}, context = CanvasRenderingContext2D.prototype;
    const frame = window.requestAnimationFrame;
    window.requestAnimationFrame = given => { counts.frames += 1; return frame(given); };
    for (const name of ['putImageData', 'drawImage', 'clearRect', 'fillRect']) {
        const own = context[name];
        context[name] = function (...given) { counts.drawings += 1; return own.apply(this, given); };
    }
    const all = {subtree: true, childList: true, attributes: true, characterData: true};
    new MutationObserver(found => { counts.changes += found.length; }).observe(document, all);
    await new Promise(done => setTimeout(done, 2000));
    return `${counts.frames} frames, ${counts.drawings} drawings, ${counts.changes} changes of the page`;
}"""


def line(name, seen, **more):
    times = sorted(seen["times"])
    rate = 1000 * (seen["frames"] - 1) / (seen["last"] - seen["first"])
    ninety_five = times[int(0.95 * (len(times) - 1))]
    print(
        f"{name:<44} {rate:7.1f} frames/s   drag to pixel {statistics.median(times):6.1f} ms median, "
        f"{ninety_five:6.1f} ms 95 %" + "".join(f"   {key} {value}" for key, value in more.items())
    )
    return rate, ninety_five


def drag(page, root):
    """Drag over the pad for some seconds by the real mouse; what was seen."""
    pad = root.locator(".aex-pad")
    pad.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    pad.evaluate(WATCH)
    box = pad.bounding_box()

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*at(0.2, 0.3))
    page.mouse.down()
    for place in ((0.8, 0.4), (0.3, 0.6), (0.7, 0.7), (0.2, 0.5)):
        page.mouse.move(*at(*place), steps=60)
    page.evaluate("sweep(3000)")
    page.mouse.up()
    page.evaluate("forget()")
    return page.evaluate("seen")


@pytest.fixture(scope="module")
def models():
    names = {}
    exec(MODELS, names)
    return names["models"]


def stored(explorer):
    """Bytes that a notebook keeps of an explorer."""
    texts = (json.dumps(explorer.meta), explorer._esm, explorer._body, explorer._css)
    return sum(len(base64.b64encode(data)) for data in (explorer.payload, explorer._png)) + sum(map(len, texts))


def test_in_jupyterlab(opened, models):
    names = list(models)
    cells = [MODELS, *(f"ae.explore(models[{name!r}], images)" for name in names), PLAIN]
    notebook = opened(cells)
    print()
    for index in range(len(cells)):
        notebook.run(index)
    for index, name in enumerate(names, 1):
        root = notebook.cells.nth(index).locator(".aex[data-ready]")
        notebook.expect(root).to_be_visible()
        constants, model = Constants(), models[name].eval()
        operations = described(compiled(model, model.decode, torch.zeros(1, 2)), constants)
        numbers, indices = constants.numbers("float32").tolist(), constants.indices().tolist()
        text = bundle.bundled(bundle.BODY, "network.js")
        decode = notebook.page.evaluate(DECODE, [text, operations, numbers, indices, 2])
        more = {"decode": f"{decode:.2f} ms", "start": f"{root.get_attribute('data-ready')} ms"}
        line(f"JupyterLab, {name}", drag(notebook.page, root), **more)
    cell = notebook.cells.nth(len(cells) - 1)
    notebook.expect(cell.locator("img")).to_be_visible()
    handle = cell.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    seen = notebook.page.evaluate(SLIDE, [handle.element_handle(), 40])
    line("JupyterLab, interact + matplotlib, 2 → 256 → 784", seen)


def test_as_a_file(chromium, models, tmp_path):
    images = ae.load("mnist-5k")
    many = Split(images.train.x.repeat(18, 1, 1, 1)[:60_000], images.train.y.repeat(18)[:60_000])
    torch.manual_seed(0)
    colour = Split(torch.rand(600, 3, 64, 64), torch.arange(600) % 10)
    print()
    for name, model, shown in [
        *((n, m, images) for n, m in models.items()),
        ("60,000 points", models["2 → 256 → 784"], many),
        ("colour 64 × 64", ae.ConvAutoencoder(2, shape=(3, 64, 64)), colour),
    ]:
        start = time.perf_counter()
        explorer = ae.explore(model, shown)
        made = time.perf_counter() - start
        path = explorer.save_html(tmp_path / "page.html")
        page = chromium.new_context(offline=True, viewport={"width": 1366, "height": 650}).new_page()
        page.goto(path.as_uri())
        root = page.locator(".aex[data-ready]")
        root.wait_for()
        page.wait_for_timeout(2000)
        more = {"start": f"{root.get_attribute('data-ready')} ms", "explore()": f"{made:.2f} s"}
        more["page"] = f"{path.stat().st_size / 1e6:.2f} MB"
        line(f"file, {name}", drag(page, root), **more)
        under = root.get_by_label("Background").element_handle()
        layers = {layer: page.evaluate(LAYER, [under, value]) for layer, value in LAYERS.items()}
        page.wait_for_timeout(3000)
        drawn = page.evaluate(IDLE)
        print(
            "    "
            + "   ".join(f"{layer} {took:.0f} ms" for layer, took in layers.items())
            + f"   idle, in 2 s: {drawn}"
        )
        page.close()


def test_bytes():
    torch.manual_seed(0)
    images = ae.load("mnist-5k")
    print()
    for name, model in {"ae.Autoencoder()": ae.Autoencoder(), "ae.ConvAutoencoder(2)": ae.ConvAutoencoder(2)}.items():
        print(f"{name:<44} {stored(ae.explore(model, images)) / 1e6:.2f} MB in the notebook, everything on")
