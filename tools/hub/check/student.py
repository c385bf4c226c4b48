"""A pretend student, for `make hub-check`: what a browser asks of the hub, by the same addresses and cookies."""

from __future__ import annotations

import json
import struct
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import requests
import websocket

PATIENCE = 600.0  # seconds for anything to answer: many start at once, on few cores


class Kernel:
    """A kernel of a student's, as a page talks to it: one web socket, through the hub's proxy."""

    def __init__(self, address: str, cookies: str, identifier: str) -> None:
        self.id, self._session = identifier, uuid.uuid4().hex
        self._socket = websocket.create_connection(
            f"{address.replace('http', 'ws', 1)}/api/kernels/{identifier}/channels?session_id={self._session}",
            cookie=cookies,
            timeout=PATIENCE,
        )

    def send(self, kind: str, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> str:
        """Send a message on the shell channel; its identifier."""
        identifier = uuid.uuid4().hex
        header = {"msg_id": identifier, "msg_type": kind, "session": self._session, "username": "", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        text = json.dumps(message)
        if not buffers:
            self._socket.send(text)
            return identifier
        parts = [text.encode(), *buffers]
        offsets = [4 * (len(parts) + 1)]
        for part in parts[:-1]:
            offsets.append(offsets[-1] + len(part))
        self._socket.send_binary(struct.pack(f"!{len(parts) + 1}I", len(parts), *offsets) + b"".join(parts))
        return identifier

    def receive(self) -> dict[str, Any]:
        """The next message, with its `buffers`."""
        frame = self._socket.recv()
        if isinstance(frame, str):
            return dict(json.loads(frame), buffers=[])
        (count,) = struct.unpack_from("!I", frame)
        offsets = [*struct.unpack_from(f"!{count}I", frame, 4), len(frame)]
        parts = [frame[start:end] for start, end in pairwise(offsets)]
        return dict(json.loads(parts[0]), buffers=parts[1:])

    def start(self, code: str) -> str:
        """Let code be run; the identifier of that."""
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
        return self.send("execute_request", content)

    def run(self, code: str, seen: Callable[[dict[str, Any]], None] = lambda message: None) -> dict[str, Any]:
        """Run code: the reply's content, with `text`: what it printed, and the results as text.

        Args:
            seen: is given each message that the code sends meanwhile.

        Raises:
            RuntimeError: the kernel ended.
        """
        asked = self.start(code)
        text, reply, idle = "", None, False
        while reply is None or not idle:
            message = self.receive()
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] in ("restarting", "autorestarting", "dead"):
                raise RuntimeError(f"the kernel is {content['execution_state']}")
            if message["parent_header"].get("msg_id") != asked:
                continue
            seen(message)
            if kind == "stream":
                text += content["text"]
            elif kind in ("execute_result", "display_data"):
                text += content["data"].get("text/plain", "")
            elif kind == "execute_reply":
                reply = content
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
        return dict(reply, text=text)

    def wait_for_end(self, patience: float) -> bool:
        """Whether the server says within so many seconds that the kernel ended."""
        end = time.monotonic() + patience
        self._socket.settimeout(1)
        try:
            while time.monotonic() < end:
                try:
                    message = self.receive()
                except websocket.WebSocketTimeoutException:
                    continue
                if message["content"].get("execution_state") in ("restarting", "autorestarting", "dead"):
                    return True
            return False
        except websocket.WebSocketException:
            return True
        finally:
            self._socket.settimeout(PATIENCE)

    def close(self) -> None:
        self._socket.close()


class Student:
    """Somebody with a slip.

    Args:
        hub: the address on the slip.
    """

    def __init__(self, hub: str, name: str, password: str) -> None:
        self.hub, self.name, self.password = hub.rstrip("/"), name, password
        self.server = f"{self.hub}/user/{name}"
        self.browser = requests.Session()
        self.browser.trust_env = False

    def log_in(self) -> None:
        """Type name and password into the form, and wait until the own server answers.

        Raises:
            RuntimeError: it did not let us in, or the server did not come up.
        """
        form = self.browser.get(f"{self.hub}/hub/login", timeout=PATIENCE)
        answer = self.browser.post(
            f"{self.hub}/hub/login?next=%2Fhub%2Fspawn",
            data={"username": self.name, "password": self.password, "_xsrf": self._xsrf("/hub/")},
            timeout=PATIENCE,
        )
        if form.status_code != 200 or "/hub/login" in answer.url or answer.status_code >= 400:
            raise RuntimeError(f"{self.name} was not let in: {answer.status_code} at {answer.url}")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.browser.get(f"{self.server}/lab", timeout=PATIENCE)
            if answer.ok and answer.url.startswith(self.server):
                return
            if answer.status_code == 424:  # it does not run: it was just being stopped
                self.browser.get(f"{self.hub}/hub/spawn", timeout=PATIENCE)
            time.sleep(0.5)
        raise RuntimeError(f"{self.name}'s server did not come up: {answer.status_code} at {answer.url}")

    def _xsrf(self, path: str) -> str:
        return next(
            (str(each.value) for each in self.browser.cookies if each.name == "_xsrf" and each.path == path), ""
        )

    def ask(self, method: str, path: str, content: Any = None) -> requests.Response:
        """What the own server answers at `/api/…`."""
        return self.browser.request(
            method,
            f"{self.server}/api/{path}",
            json=content,
            headers={"X-XSRFToken": self._xsrf(f"/user/{self.name}/")},
            timeout=PATIENCE,
        )

    def told(self, method: str, path: str, content: Any = None) -> Any:
        """The same, read; it must have gone well.

        Raises:
            RuntimeError: it did not.
        """
        answer = self.ask(method, path, content)
        if not answer.ok:
            raise RuntimeError(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def open(self, path: str) -> tuple[dict[str, Any], Kernel]:
        """Open a notebook with a kernel of its own, as a double click does."""
        notebook = self.told("GET", f"contents/{path}")["content"]
        about = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        identifier = self.told("POST", "sessions", about)["kernel"]["id"]
        return notebook, self.kernel(identifier)

    def kernel(self, identifier: str) -> Kernel:
        """A connection to a kernel that is there."""
        wanted = (each for each in self.browser.cookies if f"/user/{self.name}/".startswith(each.path))
        return Kernel(self.server, "; ".join(f"{each.name}={each.value}" for each in wanted), identifier)

    def save(self, path: str, text: str) -> None:
        """Write a file of text into the own folder."""
        self.told("PUT", f"contents/{path}", {"type": "file", "format": "text", "content": text})
