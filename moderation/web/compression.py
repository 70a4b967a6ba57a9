"""Pages travel compressed: a tenth of the way on a phone. Answers to programs go as they are, without the wait.

A guess at a secret by the size of a page (BREACH) needs a stranger's site to make a browser ask with its cookie;
ours are `SameSite=Lax`, and what opens another site's page cannot see its size.
"""

import gzip

from flask import Flask, Response, request

SMALLEST = 1_000  # below a packet there is nothing to win
KINDS = {"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"}


def install(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    if response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    is_whole = response.status_code not in {206, 304} and "Content-Encoding" not in response.headers
    is_file = response.direct_passthrough  # one of ours, and small
    if not is_whole or not request.accept_encodings["gzip"] or (response.is_streamed and not is_file):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the same words, not the same bytes
    return response
