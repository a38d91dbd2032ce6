"""Drives pages in headless Chromium through the DevTools protocol, as a reader would.

    python3 page_browser.py PAGE.html [--rows N] [--screenshots FOLDER] [--budget MILLISECONDS]

Needs `websockets` (PyPI) and `chromium` (Debian). Every PAGE must open within the budget, without errors
of its script, violations of its policy, or requests other than for itself; search, click, sort, zoom,
choice, the dark theme and scrolling must do what they say, with no frame over 200 ms while scrolling.
Prints one JSON object a page and exits with 1 where something failed.
"""

import argparse
import asyncio
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import websockets

FRAME_LIMIT = 200


class Browser:
    """One page of a browser that was started for it."""

    def __init__(self, socket):
        self.socket, self.next, self.waiting, self.events = socket, 0, {}, []

    async def listen(self):
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self.waiting.pop(message["id"]).set_result(message)
            else:
                self.events.append(message)

    async def call(self, method, **parameters):
        self.next += 1
        future = asyncio.get_running_loop().create_future()
        self.waiting[self.next] = future
        await self.socket.send(json.dumps({"id": self.next, "method": method, "params": parameters}))
        message = await asyncio.wait_for(future, 120)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    async def run(self, expression):
        """The value of a JavaScript expression; the policy of the page does not bind the debugger."""
        result = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    async def key(self, key, code=None, text=None):
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, **extra)

    async def click(self, selector):
        # A long table draws rows as it scrolls: the place counts once it is the same in two frames.
        at = await self.run(
            f"(async () => {{ const e = document.querySelector({json.dumps(selector)});"
            "const frame = () => new Promise(done => requestAnimationFrame(done));"
            "e.scrollIntoView({block: 'center', behavior: 'instant'}); let last = '';"
            "for (let i = 0; i < 30; i++) { await frame(); const r = e.getBoundingClientRect();"
            "const at = [r.left + r.width / 2, r.top + r.height / 2];"
            "if (String(at) === last && e.contains(document.elementFromPoint(at[0], at[1]))) return at;"
            "last = String(at); } return [0, 0]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    async def picture(self, path, full=False):
        result = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        pathlib.Path(path).write_bytes(base64.b64decode(result["data"]))


async def eventually(is_so):
    """Whether something becomes true within three seconds: machines that build are slow."""
    for _ in range(30):
        if await is_so():
            return True
        await asyncio.sleep(0.1)
    return False


async def check(browser, page, arguments):
    failures, figures = [], {"page": page}

    def expect(what, is_so):
        if not is_so:
            failures.append(what)

    for domain in ("Page", "Runtime", "Log", "Network"):
        await browser.call(domain + ".enable")
    await browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    await browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    url = pathlib.Path(page).resolve().as_uri()
    await browser.call("Page.navigate", url=url)
    while await browser.run("document.documentElement?.dataset.ready || document.readyState") != "true":
        await asyncio.sleep(0.02)
        # A script that fails never gets ready.
        if await browser.run("document.readyState === 'complete' && performance.now() > 20000"):
            expect("the script gets ready", False)
            break
    # Two frames: what is drawn counts, not what is parsed.
    figures["openMilliseconds"] = round(await browser.run(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"))
    expect("opens in time", figures["openMilliseconds"] < arguments.budget)
    while await browser.run("document.documentElement.dataset.settled") != "true":
        await asyncio.sleep(0.02)
    figures["settledMilliseconds"] = round(await browser.run("performance.now()"))
    rows = await browser.run("JSON.parse(document.getElementById('data').textContent).tables[0].rowCount")
    figures["rows"] = rows
    if arguments.rows is not None:
        expect("has all rows", rows == arguments.rows)
    expect("draws a screen of rows only", await browser.run("document.querySelectorAll('#operators tr.data').length") < 90)
    if arguments.screenshots:
        await screenshots(browser, page, arguments.screenshots)
        # Back at this width the page is laid out anew.
        await asyncio.sleep(1)

    # Search, from the keyboard.
    word = await browser.run("document.querySelector('#operators tr.data td').textContent")
    await browser.key("/", "Slash", "/")
    expect("/ goes to the search", await browser.run("document.activeElement.id") == "search")
    await browser.call("Input.insertText", text=word)
    await asyncio.sleep(0.4)
    found = await browser.run("document.getElementById('found').textContent")
    expect("says how many were found", " of " in found and not found.startswith("0 "))
    await browser.call("Input.insertText", text=" no-such-word")
    await asyncio.sleep(0.4)
    expect("finds nothing", (await browser.run("document.getElementById('found').textContent")).startswith("0 of"))
    await browser.key("Escape")
    await browser.key("ArrowDown")
    await asyncio.sleep(0.2)
    expect("arrow goes to the first row", await browser.run("document.activeElement.dataset.place") == "0")
    await browser.key("End")
    await asyncio.sleep(0.2)
    expect("End goes to the last row", await browser.run("document.activeElement.dataset.place") == str(rows - 1))

    # Sort by MACs, or by the first figure: the rows follow what the head says, and a second click turns it
    # round. A page may begin sorted by that column.
    column = await browser.run(
        "(() => { const t = JSON.parse(document.getElementById('data').textContent).tables[0];"
        "const c = t.columns.filter(c => c.numeric && c.priority > 0 && c.title !== '#');"
        "return (c.find(c => c.title.startsWith('MACs')) || c[0]).title; })()")
    figures["sortedBy"] = column
    values = ("(() => { const t = JSON.parse(document.getElementById('data').textContent).tables[0];"
              f"const c = t.columns.find(c => c.title === {json.dumps(column)});"
              "return Array.from(document.querySelectorAll('#operators tr.data')).map(r => c.values[r.dataset.row]); })()")
    place = await browser.run("Array.from(document.querySelectorAll('#operators thead th')).findIndex(h => h.textContent.startsWith(" + json.dumps(column) + ")) + 1")
    selector = f"#operators thead th:nth-child({place}) button"
    head = f"document.querySelector('#operators thead th:nth-child({place})').getAttribute('aria-sort')"
    directions = []
    for _ in range(2):
        before = await browser.run(head)
        await browser.click(selector)

        async def is_turned():
            return await browser.run(head) not in (before, "none")

        expect("turns when " + column + " is clicked", await eventually(is_turned))
        directions.append(await browser.run(head))

        async def is_sorted():
            known = [value for value in await browser.run(values) if value is not None]
            return known == sorted(known, reverse=directions[-1] == "descending")

        expect("sorts by " + column, await eventually(is_sorted))
    expect("sorts both ways", sorted(directions) == ["ascending", "descending"])

    # A row's click chooses it, and the graph follows; a box's click chooses the row.
    await browser.click("#operators tr.data")
    await asyncio.sleep(0.2)
    expect("a click chooses a row", await browser.run("document.querySelectorAll('#operators tr[aria-selected=true]').length") == 1)
    if await browser.run("document.querySelector('#viewport g.node[data-operators]') !== null"):
        await browser.click("[data-zoom=fit]")
        await asyncio.sleep(0.3)
        before = await browser.run("document.querySelector('#viewport svg').getAttribute('viewBox')")
        await browser.click("[data-zoom=in]")
        await asyncio.sleep(0.3)
        after = await browser.run("document.querySelector('#viewport svg').getAttribute('viewBox')")
        expect("zooms in", float(after.split()[2]) < float(before.split()[2]))
        await browser.run("document.getElementById('viewport').focus()")
        await browser.key("n")
        # Tables of layers have no row for every box.
        for _ in range(12):
            await browser.key("n")
            await asyncio.sleep(0.2)
            if await browser.run("document.querySelectorAll('#chosen dd').length") > 5:
                break
        expect("n goes to a box", await browser.run("document.querySelectorAll('#viewport .node.chosen').length") == 1)
        expect("a box shows its figures", await browser.run("document.querySelectorAll('#chosen dd').length") > 5)
        await browser.click("#viewport .node.chosen")
        await asyncio.sleep(0.2)
        expect("a box chooses its row", await browser.run(
            "(() => { const box = document.querySelector('#viewport .node.chosen');"
            "const isOld = box.id.startsWith('old-');"
            "const table = JSON.parse(document.getElementById('data').textContent).tables[0];"
            "const row = document.querySelector('#operators tr[aria-selected=true]').dataset.row;"
            "const isRemoved = table.columns[0].texts[row] === 'removed';"
            "return isOld === isRemoved && box.dataset.operators.split(' ').some("
            "n => table.operators[row] === (isOld ? -1 - Number(n) : Number(n))); })()"))
    # A plan that is chosen on the front shows its actions in the table.
    plans = await browser.run("JSON.parse(document.getElementById('data').textContent).plans?.choices.length ?? 0")
    if plans:
        figures["plans"] = plans
        shown = ("(() => { const d = JSON.parse(document.getElementById('data').textContent), t = d.tables[0];"
                 "const at = Array.from(document.querySelectorAll('#operators thead th')).findIndex("
                 "h => h.textContent.startsWith(t.columns[d.plans.column].title));"
                 "const wanted = place => Array.from(document.querySelectorAll('#operators tr.data')).every("
                 "r => r.children[at].textContent === d.plans.actions[d.plans.choices[place][r.dataset.row]]);"
                 "return [wanted(0), wanted(d.plans.choices.length - 1)]; })()")
        expect("shows the plan itself first", (await browser.run(shown))[1])
        await browser.click(f"[data-plan='{plans - 2}']")

        async def is_chosen():
            return await browser.run("document.querySelector('.point.chosen')?.dataset.plan") == str(plans - 2)

        expect("a click chooses a plan", await eventually(is_chosen))
        # The smallest ones may lie upon each other: from the keyboard each is reached.
        await browser.run("document.querySelector(\"[data-plan='0']\").focus()")
        await browser.key("Enter")

        async def is_first():
            return (await browser.run(shown))[0]

        expect("a point of the front shows its plan", await eventually(is_first))
        expect("says which plan was chosen", await browser.run(
            "document.querySelector('#front .choice').textContent.includes('divergence')"))
        await browser.run(f"document.querySelector(\"[data-plan='{plans - 1}']\").focus()")
        await browser.key("Enter")

        async def is_last():
            return (await browser.run(shown))[1]

        expect("Enter goes back to the plan", await eventually(is_last))
    # The theme.
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await browser.run(ground)
    await browser.click("#theme")
    expect("the switch darkens", await browser.run(ground) != light)
    await browser.click("#theme")
    expect("the switch lightens", await browser.run(ground) == light)

    # Frames while the table and the page scroll.
    figures["longestFrame"] = round(await browser.run("""
      new Promise(done => {
        const table = document.querySelector('#operators .rows');
        let last = performance.now(), worst = 0, count = 0;
        const frame = now => {
          if (count > 2) worst = Math.max(worst, now - last);
          last = now; count += 1;
          if (count <= 60) table.scrollTop += table.scrollHeight / 60;
          else if (count <= 120) window.scrollTo({top: document.body.scrollHeight * (count - 60) / 60, behavior: 'instant'});
          else return done(worst);
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      })"""))
    expect("scrolls smoothly", figures["longestFrame"] < FRAME_LIMIT)

    # A narrow screen: nothing of the page sticks out.
    await browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    await asyncio.sleep(0.3)
    expect("fits a telephone", await browser.run("document.documentElement.scrollWidth <= 390"))

    requests = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    expect("asks for nothing", [r for r in requests if r != url] == [])
    errors = [e["params"] for e in browser.events if e["method"] == "Runtime.exceptionThrown"]
    errors += [e["params"] for e in browser.events
               if e["method"] == "Log.entryAdded" and e["params"]["entry"]["level"] == "error"]
    if errors:
        figures["errors"] = errors[:3]
    expect("has no errors and keeps to its policy", not errors)
    expect("opens no dialog", not any(e["method"] == "Page.javascriptDialogOpening" for e in browser.events))
    figures["failures"] = failures
    return figures


async def screenshots(browser, page, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = pathlib.Path(page).stem
    for theme in ("light", "dark"):
        await browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        for width in (1280, 390):
            await browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
            await asyncio.sleep(0.4)
            size = await browser.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            result = await browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                                        clip={"x": 0, "y": 0, "width": size[0], "height": min(size[1], 5000), "scale": 1})
            (folder / f"{name}-{theme}-{width}.png").write_bytes(base64.b64decode(result["data"]))
    await browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    await browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    result = await browser.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
    (folder / f"{name}.pdf").write_bytes(base64.b64decode(result["data"]))


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--screenshots")
    parser.add_argument("--budget", type=int, default=2000)
    arguments = parser.parse_args()
    is_good = True
    for page in arguments.pages:
        with tempfile.TemporaryDirectory() as profile:
            process = subprocess.Popen(
                [os.environ.get("CHROMIUM", "chromium"), "--headless=new", "--remote-debugging-port=0",
                 f"--user-data-dir={profile}", "--no-sandbox", "--disable-gpu", "--no-first-run",
                 "--disable-background-networking", "--disable-dev-shm-usage", "about:blank"],
                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            try:
                for line in process.stderr:
                    if "DevTools listening on" in line:
                        port = line.split(":")[2].split("/")[0]
                        break
                pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
                target = next(p for p in pages if p["type"] == "page")
                async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
                    browser = Browser(socket)
                    listener = asyncio.create_task(browser.listen())
                    figures = await check(browser, page, arguments)
                    listener.cancel()
            finally:
                process.terminate()
                process.wait()
        print(json.dumps(figures, indent=1))
        is_good = is_good and not figures["failures"]
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    asyncio.run(main())
