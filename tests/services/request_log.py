"""Inside the server: a line for each chat completion that was asked for, and one for each that was answered.

Given to `vllm serve --middleware`. A server that is killed leaves the first line without the second, so that
a test can tell what its client may ask again, and what it may not.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

VARIABLE = "REQUEST_LOG"
"""Names the file in the environment."""


class RequestLog:
    """ASGI middleware. Lines are JSON objects: `event` is `asked` or `answered` (then with `status`), `key`
    is the SHA-256 of the body, `images` are those of the last turn's images as files, `words` its text, cut
    off, and `temperature` as asked."""

    def __init__(self, app):
        self.app = app
        self.path = Path(os.environ[VARIABLE])

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not scope["path"].endswith("/chat/completions"):
            await self.app(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client went away before it had asked
            body += message.get("body", b"")
            more = message.get("more_body", False)
        entry = describe(body)
        self.write({"event": "asked", **entry})
        handed = False
        status = 0

        async def receive_again():
            nonlocal handed
            if handed:
                return await receive()
            handed = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send_and_note(message):
            nonlocal status
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body", False):
                self.write({"event": "answered", "status": status, **entry})

        await self.app(scope, receive_again, send_and_note)

    def write(self, entry):
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def describe(body):
    asked = json.loads(body)
    last = asked["messages"][-1]["content"]
    parts = [{"type": "text", "text": last}] if isinstance(last, str) else last
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return {
        "key": hashlib.sha256(body).hexdigest(),
        "images": [hashlib.sha256(base64.b64decode(url.partition(",")[2])).hexdigest() for url in urls],
        "words": "".join(part["text"] for part in parts if part["type"] == "text")[:200],
        "temperature": asked.get("temperature"),
    }
