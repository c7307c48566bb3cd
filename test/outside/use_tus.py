"""Sends a file by tuspy in pieces, leaves off in the middle, and goes on with nothing but its address; then an empty one."""

import sys
from io import BytesIO

from tusclient import client
from tusclient.uploader import Uploader

url, path = sys.argv[1:]
tus = client.TusClient(url)
metadata = {"filename": "Straße.bin", "filetype": "application/x-own"}

first = tus.uploader(path, chunk_size=700_000, metadata=metadata, upload_checksum=True)
first.upload(stop_at=1_400_000)
assert first.offset == 1_400_000 < first.get_file_size(), first.offset
rest = Uploader(path, url=first.url, chunk_size=1_000_000)
assert rest.offset == 1_400_000, rest.offset
rest.upload()
assert rest.offset == rest.get_file_size(), rest.offset

empty = tus.uploader(file_stream=BytesIO(b""), metadata={"filename": "empty.txt"})
empty.upload()
print(first.url, empty.url)
