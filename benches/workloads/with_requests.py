"""requests: one session in a pool of threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from .harness import PAYLOAD, Job, Tally, measure_blocking

CHUNK = 1 << 20


def main(job: Job) -> None:
    session = requests.Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=job.in_flight)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    if job.tls:
        session.verify = job.ca

    def read(url: str) -> tuple[int, int]:
        response = session.get(url)
        return response.status_code, len(response.content)

    def decode(url: str) -> tuple[int, int]:
        response = session.get(url)
        return response.status_code, len(response.json())

    def upload(url: str) -> tuple[int, int]:
        response = session.post(url, data=PAYLOAD)
        return response.status_code, len(response.content)

    def stream(url: str) -> tuple[int, int]:
        with session.get(url, stream=True) as response:
            return response.status_code, sum(map(len, response.iter_content(CHUNK)))

    def share(urls: Iterator[str]) -> Tally:
        tally = Tally()
        for status, size in pool.map(fetch, urls):
            tally.add(status, size)
        return tally

    fetch = {"decode": decode, "upload": upload, "stream": stream}.get(job.mode, read)
    with ThreadPoolExecutor(job.in_flight) as pool:
        measure_blocking(job, share)


main(Job.from_arguments())
