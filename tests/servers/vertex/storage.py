"""Cloud Storage's JSON API, as far as an upload needs it: whole, in parts, lists, deletions."""

import itertools
import json
import re
from base64 import b64encode
from email.parser import BytesParser
from hashlib import md5
from typing import Any

import google_crc32c

from .errors import Refused
from .routes import Route

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Query = dict[str, list[str]]


class Storage:
    """Every object of every bucket by `bucket/name`; buckets exist when first used.

    A name that is there is never written over: canary says that it must not be.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._begun: dict[str, tuple[str, bytes]] = {}
        self._count = itertools.count(1)

    def answer(self, where: Route, url: str, query: Query, headers: Any, body: bytes) -> Answer:
        """One call."""
        bucket = where.of["bucket"]
        match where.call, query.get("uploadType", [""])[0]:
            case "getBucketOfObjects", _:
                return _json({"kind": "storage#bucket", "name": bucket})
            case "listObjects", _:
                return self._list(bucket, query.get("prefix", [""])[0])
            case "deleteObject", _:
                return self._delete(f"{bucket}/{where.of['id']}")
            case _, "multipart":
                name, data = _parts(headers["Content-Type"], body)
                return self._store(f"{bucket}/{name}", data, query)
            case _ if "upload_id" in query:
                return self._part(query, headers, body)
        name = query.get("name", [""])[0] or json.loads(body)["name"]
        begun = str(next(self._count))
        self._begun[begun] = (f"{bucket}/{name}", b"")
        location = f"{url}/upload/storage/v1/b/{bucket}/o?upload_id={begun}"
        return 200, {"Location": location}, b""

    def _part(self, query: Query, headers: Any, body: bytes) -> Answer:
        """A part of an object; the last one says how long it all is."""
        begun = query["upload_id"][0]
        name, before = self._begun[begun]
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", headers["Content-Range"])
        assert found, headers["Content-Range"]
        data = before[: int(found[1])] + body
        self._begun[begun] = (name, data)
        if found[3] == "*" or len(data) < int(found[3]):
            return 308, {"Range": f"bytes=0-{len(data) - 1}"}, b""
        del self._begun[begun]
        return self._store(name, data, query)

    def _store(self, name: str, data: bytes, query: Query) -> Answer:
        if name in self.objects:
            raise Refused("FAILED_PRECONDITION", f"{name} is there; asked with {query}")
        self.objects[name] = data
        return _json(self._shown(name))

    def _list(self, bucket: str, prefix: str) -> Answer:
        names = [n for n in self.objects if n.startswith(f"{bucket}/{prefix}")]
        return _json({"kind": "storage#objects", "items": [self._shown(n) for n in names]})

    def _delete(self, name: str) -> Answer:
        if name not in self.objects:
            raise Refused("NOT_FOUND", f"No such object: {name}")
        del self.objects[name]
        return 204, {}, b""

    def _shown(self, name: str) -> Json:
        bucket, _, below = name.partition("/")
        data = self.objects[name]
        crc32c = b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()
        return {
            "bucket": bucket,
            "name": below,
            "size": str(len(data)),
            "generation": "1",
            "crc32c": crc32c,
            "md5Hash": b64encode(md5(data, usedforsecurity=False).digest()).decode(),
        }


def _json(body: Json) -> Answer:
    return 200, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(body).encode()


def _parts(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The name and the content of an object that came in one request."""
    mail = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    described, content = list(mail.walk())[1:]
    told: Json = json.loads(str(described.get_payload()))
    data = content.get_payload(decode=True)
    assert isinstance(data, bytes)
    return str(told["name"]), data
